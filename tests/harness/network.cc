// SPDX-License-Identifier: Apache-2.0
#include "harness/network.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace tickwire::harness {

namespace {

constexpr std::string_view kPrefix = "twt-";

std::string without_length(const std::string& address) { return address.substr(0, address.find('/')); }

std::string hardware_address(const Port& port) {
  std::string text = port.network.run({"cat", "/sys/class/net/" + port.interface + "/address"});
  text.erase(text.find_last_not_of('\n') + 1);
  return text;
}

void know(const Port& from, const Port& to) {
  const std::string hardware = hardware_address(to);
  for (const std::string& address : {to.v4, to.v6}) {
    if (address.empty()) continue;
    must_run({"ip", "-n", from.network.name(), "neigh", "replace", without_length(address), "lladdr", hardware, "nud",
              "permanent", "dev", from.interface});
  }
}

void set_up(const Port& port, const VethOptions& options) {
  const std::string& network = port.network.name();
  must_run({"ip", "-n", network, "link", "set", port.interface, "mtu", std::to_string(options.mtu), "up"});
  if (!port.v4.empty()) must_run({"ip", "-n", network, "addr", "add", port.v4, "dev", port.interface});
  if (!port.v6.empty()) must_run({"ip", "-n", network, "addr", "add", port.v6, "dev", port.interface, "nodad"});
  if (!options.offloads) offloads_off(port);
}

}  // namespace

Namespace::Namespace(std::string_view role) {
  static std::atomic<int> made{0};
  name_ = std::string(kPrefix) + std::to_string(::getpid()) + "-" + std::to_string(made++) + "-" + std::string(role);
  must_run({"ip", "netns", "add", name_});
  must_run({"ip", "-n", name_, "link", "set", "lo", "up"});
  for (const char* which : {"all", "default"}) {
    set(std::string("ipv6/conf/") + which + "/accept_dad", "0");
    set(std::string("ipv6/conf/") + which + "/router_solicitations", "0");
  }
}

Namespace::~Namespace() {
  try {
    static_cast<void>(harness::run({"ip", "netns", "del", name_}));
  } catch (const std::exception&) {
    // The sweep at the end of the test process removes it.
  }
}

void Namespace::enter(const std::function<void()>& work) const {
  std::exception_ptr thrown;
  std::thread inside([&] {
    try {
      const UniqueFd network(::open(("/run/netns/" + name_).c_str(), O_RDONLY | O_CLOEXEC));
      if (::setns(network.fd(), CLONE_NEWNET) != 0) throw std::runtime_error("enter " + name_ + ": " + ::strerror(errno));
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  inside.join();
  if (thrown) std::rethrow_exception(thrown);
}

void Namespace::set(const std::string& path, const std::string& value) const {
  enter([&] {
    std::ofstream file("/proc/sys/net/" + path);
    file << value << std::flush;
    if (!file) throw std::runtime_error("set " + path + " to " + value);
  });
}

void sweep_namespaces() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/run/netns", ignored)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kPrefix)) continue;
    pid_t owner = 0;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), owner);
    if (owner != ::getpid() && ::kill(owner, 0) == 0) continue;
    static_cast<void>(run({"ip", "netns", "del", name}));
  }
}

void connect(const Port& first, const Port& second, const VethOptions& options) {
  must_run({"ip", "-n", first.network.name(), "link", "add", first.interface, "type", "veth", "peer", "name", second.interface,
            "netns", second.network.name()});
  set_up(first, options);
  set_up(second, options);
  make_neighbours(first, second);
}

void make_neighbours(const Port& first, const Port& second) {
  know(first, second);
  know(second, first);
}

void offloads_off(const Port& port, bool keep_gso) {
  port.network.run(
      {"ethtool", "-K", port.interface, "rx", "off", "tx", "off", "gro", "off", "tso", "off", "gso", keep_gso ? "on" : "off"});
}

}  // namespace tickwire::harness
