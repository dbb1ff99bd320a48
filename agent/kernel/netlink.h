// What it owns: what rtnetlink tells of the machine's links, asked once or followed as they come and go.
// Who may use it: kernel, app's loop.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tickwire::kernel {

// One network interface of this network namespace (RTM_NEWLINK).
struct Link {
  int index = 0;                 // ifi_index
  std::string name;              // IFLA_IFNAME
  bool up = false;               // IFF_UP: switched on, with or without a carrier
  std::uint16_t type = 0;        // ARPHRD_*
  std::string kind;              // IFLA_INFO_KIND: "veth", "bridge", ...; empty for hardware and lo
  std::uint64_t rx_packets = 0;  // IFLA_STATS64
  std::uint64_t tx_packets = 0;
};

// Asks for one link, or for all of them. Errors: no such link (ENODEV), netlink refused.
[[nodiscard]] Result<Link> query_link(const std::string& name);
[[nodiscard]] Result<std::vector<Link>> query_links();

// A link that came into being and is up, or one that is gone.
struct LinkEvent {
  enum class What : std::uint8_t { kAppeared, kVanished };
  What what = What::kAppeared;
  int index = 0;
  std::string name;
  friend bool operator==(const LinkEvent&, const LinkEvent&) = default;
};

// What is known of the links so far, and how a message or a fresh list changes it. Pure: tests feed it bytes.
class LinkTable {
 public:
  // Takes a buffer of netlink messages. A link appears with its first message that says IFF_UP, and vanishes with RTM_DELLINK;
  // one that only goes down has not vanished; one that is renamed vanishes and appears. What is not about links, or is cut short,
  // is skipped.
  void apply(std::span<const std::byte> messages, std::vector<LinkEvent>& events);
  // Brings the table to what a complete list says.
  void replace(std::span<const Link> links, std::vector<LinkEvent>& events);

 private:
  void add(const Link& link, std::vector<LinkEvent>& events);
  void remove(int index, std::vector<LinkEvent>& events);

  std::map<int, std::string> links_;  // by index
};

class LinkWatch {
 public:
  // Links that are up now are known and give no event. Errors: the socket was refused.
  [[nodiscard]] static Result<LinkWatch> open();

  // For epoll (readable); never blocks.
  [[nodiscard]] int borrowed_fd() const { return socket_.fd(); }
  // What happened since the last call, in its order. When the kernel had to drop messages, the links are listed anew, so nothing
  // stays unknown. Error: the socket broke, or that list could not be had.
  [[nodiscard]] Result<std::vector<LinkEvent>> events();

 private:
  explicit LinkWatch(UniqueFd socket) : socket_(std::move(socket)) {}

  UniqueFd socket_;
  LinkTable table_;
};

}  // namespace tickwire::kernel
