// What it owns: which network interfaces this machine has, and which of them are meant.
// Who may use it: app.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickwire::kernel {

// Names that exist and are meant by `wanted` (names, or /regex/ of the whole name); with none wanted, the interfaces with a
// default route (IPv4 or IPv6), or "lo" if there is none. Ordered, each once. A wanted name that is not there is a usage error
// that lists those that are; a /regex/ may match nothing yet.
[[nodiscard]] Result<std::vector<std::string>> resolve_interfaces(const std::vector<std::string>& wanted);

// The same of given names: `existing` interfaces, those `with_default_route`. A /regex/ that is not one is a usage error.
[[nodiscard]] Result<std::vector<std::string>> select_interfaces(std::span<const std::string> wanted,
                                                                 std::span<const std::string> existing,
                                                                 std::span<const std::string> with_default_route);

// The interfaces of the usable default routes in the text of /proc/net/route and of /proc/net/ipv6_route, in the order of the
// text. Unreachable and down ones are left out, and so is lo, on which the kernel keeps an IPv6 null route. Lines that are no
// routes are skipped.
[[nodiscard]] std::vector<std::string> default_routes_v4(std::string_view route);
[[nodiscard]] std::vector<std::string> default_routes_v6(std::string_view ipv6_route);

// The interface's own packet counters since it came up: what the kernel counted, whoever watched.
struct InterfaceCounters {
  std::uint64_t rx_packets = 0;
  std::uint64_t tx_packets = 0;
};
// Error: no such interface, or netlink refused.
[[nodiscard]] Result<InterfaceCounters> interface_counters(const std::string& name);

// Its packets begin with an Ethernet header: ARPHRD_ETHER, or loopback. False as well when it is not there.
[[nodiscard]] bool interface_is_ethernet(const std::string& name);

// The kind of a software link ("veth", "bridge", "bond", "vlan", "tun"); "" for hardware, lo, and names that are not there.
[[nodiscard]] std::string link_kind(const std::string& name);

}  // namespace tickwire::kernel
