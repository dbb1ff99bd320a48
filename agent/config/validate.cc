// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <regex>
#include <set>
#include <utility>

#include "base/text.h"
#include "config/options.h"
#include "config/rules.h"
#include "config/slos.h"
#include "config/thresholds.h"
#include "config/words.h"

namespace tickwire::config {
namespace {

Result<void> validate_interfaces(const std::vector<std::string>& interfaces) {
  for (const std::string& interface : interfaces) {
    if (interface.size() >= 2 && interface.front() == '/' && interface.back() == '/') {
      // Patterns are matched by recursion: a bound on their length bounds the stack.
      if (interface.size() > 256) return fail_usage("interface: the /regex/ is longer than 256 characters");
      try {
        const std::regex pattern(interface.substr(1, interface.size() - 2));
      } catch (const std::regex_error& error) {
        return fail_usage(fmt::format("interface '{}': not a regular expression ({})", printable(interface), error.what()));
      }
      continue;
    }
    const bool bad = interface.find_first_of("/ \t\n") != std::string::npos || interface == "." || interface == "..";
    if (interface.empty() || interface.size() > 15 || bad) {
      return fail_usage(
          fmt::format("interface '{}': not an interface's name (1 .. 15 characters without / and spaces) and not a /regex/",
                      printable(interface)));
    }
  }
  return {};
}

Result<void> validate_services(const RunOptions& options) {
  std::set<std::pair<model::Protocol, std::uint16_t>> seen;
  for (const model::ServiceId& service : options.services) {
    if (!seen.emplace(service.protocol, service.port).second) {
      return fail_usage(fmt::format("service {}/{} is given twice", model::name(service.protocol), service.port));
    }
  }
  if (options.services.size() > options.max_services) {
    return fail_usage(fmt::format("{} services are given, max-services is {}", options.services.size(), options.max_services));
  }
  return {};
}

}  // namespace

Result<void> validate(const RunOptions& options) {
  if (auto done = validate_interfaces(options.interfaces); !done) return done;
  if (auto done = validate_services(options); !done) return done;
  if (auto done = validate_rules(options.rules, options.services); !done) return done;
  if (options.slos) {
    if (auto done = validate_slos(*options.slos, options.services); !done) return done;
  }
  if (auto done = validate_thresholds(options.thresholds, options.services); !done) return done;
  if (!options.listen.empty()) {
    if (const auto address = parse_listen(options.listen); !address) return std::unexpected(address.error());
  }
  if (!options.web_config.empty() && options.listen.empty()) {
    return fail_usage("web-config: there is no TCP listener that it could be of (listen is none)");
  }
  if (options.web_config.find('\0') != std::string::npos) return fail_usage("web-config: not a path");
  if (options.api_socket.empty() || options.api_socket.size() > 107 || options.api_socket.find('\0') != std::string::npos) {
    return fail_usage(fmt::format("api-socket '{}': a path of 1 .. 107 bytes is wanted", printable(options.api_socket)));
  }
  if (!options.cgroup.empty() && (!options.cgroup.starts_with('/') || options.cgroup.find('\0') != std::string::npos)) {
    return fail_usage(fmt::format("cgroup '{}': an absolute path is wanted", printable(options.cgroup)));
  }
  if (options.udp_idle < options.interval) {
    return fail_usage(fmt::format("udp-idle-timeout {} is shorter than interval {}", format_duration(options.udp_idle),
                                  format_duration(options.interval)));
  }
  return {};
}

Result<ListenAddress> parse_listen(std::string_view text) {
  const auto bad = [&] {
    return fail_usage(
        fmt::format("listen '{}': host:port, [v6]:port or :port is wanted, with a port of 0 .. 65535", printable(text)));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.size() > 300) return bad();
  std::string_view host = text.substr(0, colon);
  const auto port = parse_number(text.substr(colon + 1), 0, 65535);
  if (!port) return bad();
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() < 4) return bad();
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return bad();
  } else if (host.find(':') != std::string_view::npos) {
    return bad();
  }
  if (host.find_first_of("[] /\t\n") != std::string_view::npos || host.find('\0') != std::string_view::npos) return bad();
  return ListenAddress{.host = std::string(host), .port = static_cast<std::uint16_t>(*port)};
}

}  // namespace tickwire::config
