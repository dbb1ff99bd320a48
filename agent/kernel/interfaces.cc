// SPDX-License-Identifier: Apache-2.0
#include "kernel/interfaces.h"

#include <fmt/format.h>
#include <net/if_arp.h>
#include <net/route.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <set>

#include "kernel/netlink.h"
#include "kernel/proc_text.h"

namespace tickwire::kernel {

namespace {

constexpr std::string_view kLoopback = "lo";

bool usable(std::uint64_t flags) { return (flags & RTF_UP) != 0 && (flags & RTF_REJECT) == 0; }

bool is_regex(std::string_view wanted) { return wanted.size() >= 2 && wanted.front() == '/' && wanted.back() == '/'; }

Result<void> add_matching(const std::string& wanted, std::span<const std::string> existing, std::set<std::string>& meant) {
  try {
    const std::regex whole_name(wanted.substr(1, wanted.size() - 2));
    for (const std::string& name : existing) {
      if (std::regex_match(name, whole_name)) meant.insert(name);
    }
    return {};
  } catch (const std::regex_error& error) {
    return fail_usage(fmt::format("interface {}: not a regular expression: {}", wanted, error.what()),
                      "write /ens.*/ for every name that begins with ens");
  }
}

}  // namespace

Result<std::vector<std::string>> resolve_interfaces(const std::vector<std::string>& wanted) {
  const Result<std::vector<Link>> links = query_links();
  if (!links) return std::unexpected(links.error());
  std::vector<std::string> existing;
  for (const Link& link : *links) existing.push_back(link.name);
  // Either file may be missing: a kernel without IPv6, or without any route.
  std::vector<std::string> routes = default_routes_v4(read_proc_file("/proc/net/route").value_or(""));
  const std::vector<std::string> routes_v6 = default_routes_v6(read_proc_file("/proc/net/ipv6_route").value_or(""));
  routes.insert(routes.end(), routes_v6.begin(), routes_v6.end());
  return select_interfaces(wanted, existing, routes);
}

Result<std::vector<std::string>> select_interfaces(std::span<const std::string> wanted, std::span<const std::string> existing,
                                                   std::span<const std::string> with_default_route) {
  const auto exists = [&](const std::string& name) { return std::ranges::find(existing, name) != existing.end(); };
  std::set<std::string> meant;
  if (wanted.empty()) {
    std::ranges::copy_if(with_default_route, std::inserter(meant, meant.end()), exists);
    if (meant.empty()) meant.emplace(kLoopback);
  }
  for (const std::string& name : wanted) {
    if (is_regex(name)) {
      if (Result<void> added = add_matching(name, existing, meant); !added) return std::unexpected(added.error());
    } else if (exists(name)) {
      meant.insert(name);
    } else {
      std::vector<std::string> there(existing.begin(), existing.end());
      std::ranges::sort(there);
      return fail_usage(fmt::format("interface {}: there is none of that name", name),
                        fmt::format("there are: {}", fmt::join(there, ", ")));
    }
  }
  return std::vector(meant.begin(), meant.end());
}

// Columns: Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT; numbers in hexadecimal.
std::vector<std::string> default_routes_v4(std::string_view route) {
  std::vector<std::string> names;
  while (!route.empty()) {
    const std::vector<std::string_view> words = words_of(take_line(route));
    if (words.size() < 8 || number_of(words[1], 16) != 0U || number_of(words[7], 16) != 0U) continue;
    const std::optional<std::uint64_t> flags = number_of(words[3], 16);
    if (flags && usable(*flags)) names.emplace_back(words[0]);
  }
  return names;
}

// Columns: destination, its prefix length, source, its prefix length, next hop, metric, references, use, flags, interface;
// numbers in hexadecimal.
std::vector<std::string> default_routes_v6(std::string_view ipv6_route) {
  std::vector<std::string> names;
  while (!ipv6_route.empty()) {
    const std::vector<std::string_view> words = words_of(take_line(ipv6_route));
    if (words.size() < 10 || words[0].find_first_not_of('0') != std::string_view::npos || number_of(words[1], 16) != 0U) continue;
    const std::optional<std::uint64_t> flags = number_of(words[8], 16);
    if (flags && usable(*flags) && words[9] != kLoopback) names.emplace_back(words[9]);
  }
  return names;
}

Result<InterfaceCounters> interface_counters(const std::string& name) {
  const Result<Link> link = query_link(name);
  if (!link) return std::unexpected(link.error());
  return InterfaceCounters{.rx_packets = link->rx_packets, .tx_packets = link->tx_packets};
}

bool interface_is_ethernet(const std::string& name) {
  const Result<Link> link = query_link(name);
  return link && (link->type == ARPHRD_ETHER || link->type == ARPHRD_LOOPBACK);
}

std::string link_kind(const std::string& name) {
  const Result<Link> link = query_link(name);
  return link ? link->kind : "";
}

}  // namespace tickwire::kernel
