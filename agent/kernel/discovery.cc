// SPDX-License-Identifier: Apache-2.0
#include "kernel/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "kernel/proc_text.h"

namespace tickwire::kernel {

namespace {

namespace fs = std::filesystem;

using Inode = std::uint64_t;
// Ordered as services are given out.
using PortAndProtocol = std::pair<std::uint16_t, model::Protocol>;
// The sockets of each service: several with SO_REUSEPORT, and one for each family.
using Sockets = std::map<PortAndProtocol, std::vector<Inode>>;

// Columns of /proc/net/tcp and its like: sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode ...
constexpr std::size_t kLocal = 1, kRemote = 2, kState = 3, kInode = 9;
constexpr std::uint64_t kListening = 0x0A;    // TCP_LISTEN
constexpr std::uint64_t kUnconnected = 0x07;  // TCP_CLOSE, which UDP shows for a socket without a remote end

struct PortRange {
  std::uint64_t first = 32768;  // the kernel's default
  std::uint64_t last = 60999;
  [[nodiscard]] bool contains(std::uint16_t port) const { return port >= first && port <= last; }
};

PortRange ephemeral_ports(const std::string& proc) {
  PortRange range;
  const std::optional<std::string> text = read_proc_file(proc + "/sys/net/ipv4/ip_local_port_range");
  if (!text) return range;
  std::string_view rest = *text;
  const std::vector<std::string_view> words = words_of(take_line(rest));
  if (words.size() != 2) return range;
  range.first = number_of(words[0], 10).value_or(range.first);
  range.last = number_of(words[1], 10).value_or(range.last);
  return range;
}

// "0100007F:1F90": the port is hexadecimal, in host order.
std::optional<std::uint16_t> port_of(std::string_view endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> port = number_of(endpoint.substr(colon + 1), 16);
  return port && *port > 0 && *port <= 0xFFFF ? std::optional(static_cast<std::uint16_t>(*port)) : std::nullopt;
}

bool is_unset(std::string_view endpoint) { return endpoint.find_first_not_of("0:") == std::string_view::npos; }

// False: there is no such table.
bool add_sockets(const std::string& path, model::Protocol protocol, const PortRange& ephemeral, Sockets& sockets) {
  std::ifstream table(path);
  std::string line;
  if (!std::getline(table, line)) return false;  // headings
  while (std::getline(table, line)) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() <= kInode) continue;
    const std::optional<std::uint64_t> state = number_of(words[kState], 16);
    const std::optional<std::uint16_t> port = port_of(words[kLocal]);
    const std::optional<std::uint64_t> inode = number_of(words[kInode], 10);
    if (!state || !port || !inode) continue;
    // The kernel lists what listens first (tcp_get_idx in net/ipv4/tcp_ipv4.c). To stop here spares it from writing out 100,000
    // connections.
    if (protocol == model::Protocol::kTcp && state != kListening) break;
    const bool serves =
        protocol == model::Protocol::kTcp || (state == kUnconnected && is_unset(words[kRemote]) && !ephemeral.contains(*port));
    if (serves) sockets[{*port, protocol}].push_back(*inode);
  }
  return true;
}

Result<Sockets> sockets_of(const std::string& proc) {
  const std::pair<const char*, model::Protocol> tables[] = {{"tcp", model::Protocol::kTcp},
                                                            {"tcp6", model::Protocol::kTcp},
                                                            {"udp", model::Protocol::kUdp},
                                                            {"udp6", model::Protocol::kUdp}};
  const PortRange ephemeral = ephemeral_ports(proc);
  Sockets sockets;
  bool any = false;
  for (const auto& [name, protocol] : tables) {
    any |= add_sockets(fmt::format("{}/net/{}", proc, name), protocol, ephemeral, sockets);  // without IPv6 there is no tcp6
  }
  if (!any) return fail(fmt::format("find services: no socket table in {}/net", proc), "name them with --service");
  return sockets;
}

std::vector<std::uint64_t> processes_of(const std::string& proc) {
  std::vector<std::uint64_t> pids;
  std::error_code error;
  for (fs::directory_iterator entry(proc, error), end; !error && entry != end; entry.increment(error)) {
    if (const std::optional<std::uint64_t> pid = number_of(entry->path().filename().native(), 10)) pids.push_back(*pid);
  }
  std::ranges::sort(pids);
  return pids;
}

// The inode in a link like "socket:[4026]".
std::optional<Inode> socket_inode(std::string_view link) {
  constexpr std::string_view kPrefix = "socket:[";
  if (!link.starts_with(kPrefix) || !link.ends_with(']')) return std::nullopt;
  return number_of(link.substr(kPrefix.size(), link.size() - kPrefix.size() - 1), 10);
}

// The name of the process with the lowest number that holds each socket. Processes that vanish meanwhile, or that this one may
// not look into, are passed over. Stops when every socket is found.
std::map<Inode, std::string> holders_of(const std::string& proc, std::map<Inode, std::string> sockets) {
  std::size_t missing = sockets.size();
  for (const std::uint64_t pid : processes_of(proc)) {
    if (missing == 0) break;
    const std::string process = fmt::format("{}/{}", proc, pid);
    std::error_code error;
    for (fs::directory_iterator entry(process + "/fd", error), end; !error && entry != end; entry.increment(error)) {
      std::error_code gone;
      const std::optional<Inode> inode = socket_inode(fs::read_symlink(entry->path(), gone).native());
      const auto socket = inode ? sockets.find(*inode) : sockets.end();
      if (socket == sockets.end() || !socket->second.empty()) continue;
      socket->second = read_proc_file(process + "/comm").value_or("");
      if (!socket->second.empty()) --missing;
    }
  }
  return sockets;
}

// comm is any 15 bytes that the process likes; a service's name is not.
std::string service_name(std::string comm) {
  if (comm.ends_with('\n')) comm.pop_back();
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  std::ranges::replace_if(
      comm, [&](char c) { return !fits(c); }, '-');
  constexpr std::size_t kLongest = 63;
  return comm.substr(0, kLongest);
}

}  // namespace

Result<std::vector<model::ServiceId>> discover_services(const std::string& proc) {
  const Result<Sockets> sockets = sockets_of(proc);
  if (!sockets) return std::unexpected(sockets.error());
  std::map<Inode, std::string> holders;
  for (const auto& [service, inodes] : *sockets) {
    for (const Inode inode : inodes) holders.emplace(inode, "");
  }
  holders = holders_of(proc, std::move(holders));

  std::vector<model::ServiceId> services;
  for (const auto& [key, inodes] : *sockets) {
    const auto [port, protocol] = key;
    std::string name;
    for (const Inode inode : inodes) {
      if (name.empty()) name = service_name(holders[inode]);
    }
    if (name.empty()) name = fmt::format("{}-{}", protocol == model::Protocol::kTcp ? "tcp" : "udp", port);
    services.push_back({.name = std::move(name), .protocol = protocol, .port = port});
  }
  return services;
}

}  // namespace tickwire::kernel
