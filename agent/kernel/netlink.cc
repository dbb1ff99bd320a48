// SPDX-License-Identifier: Apache-2.0
#include "kernel/netlink.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace tickwire::kernel {

namespace {

// The kernel's dumps and notifications come in messages of at most 32 KiB.
constexpr std::size_t kBufferBytes = 65536;
// How often a list is asked for again that changed while it was being given.
constexpr int kAttempts = 5;
// The kernel answers at once; a wait that long means that it never will.
constexpr timeval kAnswerWait{.tv_sec = 2, .tv_usec = 0};

// Steps through type-length-value attributes, and calls use(type, value) for each one that is whole.
template <typename Use>
void for_each_attribute(std::span<const std::byte> bytes, Use use) {
  while (bytes.size() >= sizeof(rtattr)) {
    rtattr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.rta_len < sizeof header || header.rta_len > bytes.size()) return;
    use(header.rta_type & NLA_TYPE_MASK, bytes.subspan(sizeof header, header.rta_len - sizeof header));
    bytes = bytes.subspan(std::min<std::size_t>(RTA_ALIGN(header.rta_len), bytes.size()));
  }
}

std::string text_of(std::span<const std::byte> value) {
  const auto* characters = reinterpret_cast<const char*>(value.data());
  return {characters, ::strnlen(characters, value.size())};
}

std::optional<Link> link_of(std::span<const std::byte> body) {
  ifinfomsg header;
  if (body.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, body.data(), sizeof header);
  // A bridge tells of its ports in the same messages with a family of its own: a port that leaves is no link that vanished.
  if (header.ifi_family != AF_UNSPEC) return std::nullopt;
  Link link{.index = header.ifi_index, .up = (header.ifi_flags & IFF_UP) != 0, .type = header.ifi_type};
  for_each_attribute(body.subspan(NLMSG_ALIGN(sizeof header)), [&](int type, std::span<const std::byte> value) {
    if (type == IFLA_IFNAME) {
      link.name = text_of(value);
    } else if (type == IFLA_STATS64 && value.size() >= offsetof(rtnl_link_stats64, rx_bytes)) {
      std::memcpy(&link.rx_packets, value.data() + offsetof(rtnl_link_stats64, rx_packets), sizeof link.rx_packets);
      std::memcpy(&link.tx_packets, value.data() + offsetof(rtnl_link_stats64, tx_packets), sizeof link.tx_packets);
    } else if (type == IFLA_LINKINFO) {
      for_each_attribute(value, [&](int info, std::span<const std::byte> kind) {
        if (info == IFLA_INFO_KIND) link.kind = text_of(kind);
      });
    }
  });
  return link;
}

// Steps through netlink messages, and calls use(header, body) for each one that is whole.
template <typename Use>
void for_each_message(std::span<const std::byte> bytes, Use use) {
  while (bytes.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) return;
    use(header, bytes.subspan(sizeof header, header.nlmsg_len - sizeof header));
    bytes = bytes.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), bytes.size()));
  }
}

Result<UniqueFd> open_socket(std::uint32_t groups, int flags) {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE));
  if (!socket) return fail_errno(errno, "open", "rtnetlink socket");
  const sockaddr_nl address{.nl_family = AF_NETLINK, .nl_groups = groups};
  if (::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno(errno, "bind", "rtnetlink socket");
  }
  return socket;
}

// Receives one datagram of the kernel into the buffer: its bytes, or a negative errno value. 0: it came from somebody else.
ssize_t receive(int borrowed_fd, std::vector<std::byte>& buffer) {
  sockaddr_nl sender{};
  socklen_t length = sizeof sender;
  const ssize_t bytes = ::recvfrom(borrowed_fd, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&sender), &length);
  if (bytes < 0) return -errno;
  return sender.nl_pid == 0 ? bytes : 0;
}

struct Request {
  nlmsghdr header;
  ifinfomsg link;
  rtattr name_header;
  char name[IFNAMSIZ];
};

Request request_for(const std::string* name) {
  Request request{};
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | (name == nullptr ? NLM_F_DUMP : 0);
  request.link.ifi_family = AF_UNSPEC;
  request.header.nlmsg_len = offsetof(Request, name_header);
  if (name == nullptr) return request;
  request.name_header = {.rta_len = sizeof(rtattr) + IFNAMSIZ, .rta_type = IFLA_IFNAME};
  std::memcpy(request.name, name->data(), name->size());
  request.header.nlmsg_len = sizeof request;
  return request;
}

struct Answer {
  std::vector<Link> links;
  bool interrupted = false;  // the links changed while they were listed
};

// Sends the request and takes the answer to its end. `object` names it in an error.
Result<Answer> ask(const Request& request, const std::string& object) {
  Result<UniqueFd> socket = open_socket(0, 0);
  if (!socket) return std::unexpected(socket.error());
  (void)::setsockopt(socket->fd(), SOL_SOCKET, SO_RCVTIMEO, &kAnswerWait, sizeof kAnswerWait);
  if (::send(socket->fd(), &request, request.header.nlmsg_len, 0) < 0) return fail_errno(errno, "ask rtnetlink for", object);
  const bool is_list = (request.header.nlmsg_flags & NLM_F_DUMP) != 0;
  Answer answer;
  std::vector<std::byte> buffer(kBufferBytes);
  int error = 0;
  for (bool done = false; !done;) {
    const ssize_t bytes = receive(socket->fd(), buffer);
    if (bytes == -EINTR) continue;
    if (bytes < 0) return fail_errno(static_cast<int>(-bytes), "ask rtnetlink for", object);
    for_each_message(std::span(buffer).first(static_cast<std::size_t>(bytes)), [&](const nlmsghdr& header, auto body) {
      answer.interrupted |= (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      if (header.nlmsg_type == RTM_NEWLINK) {
        if (std::optional<Link> link = link_of(body)) answer.links.push_back(std::move(*link));
        done |= !is_list;
      } else if (header.nlmsg_type == NLMSG_ERROR && body.size() >= sizeof error) {
        std::memcpy(&error, body.data(), sizeof error);
        done = true;
      } else if (header.nlmsg_type == NLMSG_DONE) {
        done = true;
      }
    });
  }
  if (error != 0) return fail_errno(-error, "ask rtnetlink for", object);
  return answer;
}

}  // namespace

Result<Link> query_link(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ) return fail_errno(ENODEV, "ask rtnetlink for", "\"" + name + "\"");
  Result<Answer> answer = ask(request_for(&name), name);
  if (!answer) return std::unexpected(answer.error());
  if (answer->links.empty()) return fail_errno(ENODEV, "ask rtnetlink for", name);
  return std::move(answer->links.front());
}

Result<std::vector<Link>> query_links() {
  Result<Answer> answer;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    answer = ask(request_for(nullptr), "all links");
    if (!answer) return std::unexpected(answer.error());
    if (!answer->interrupted) break;
  }
  return std::move(answer->links);
}

void LinkTable::add(const Link& link, std::vector<LinkEvent>& events) {
  const auto known = links_.find(link.index);
  if (known != links_.end() && known->second == link.name) return;
  if (known != links_.end())
    remove(link.index, events);
  else if (!link.up)
    return;
  links_[link.index] = link.name;
  events.push_back({.what = LinkEvent::What::kAppeared, .index = link.index, .name = link.name});
}

void LinkTable::remove(int index, std::vector<LinkEvent>& events) {
  auto known = links_.extract(index);
  if (known) events.push_back({.what = LinkEvent::What::kVanished, .index = index, .name = std::move(known.mapped())});
}

void LinkTable::apply(std::span<const std::byte> messages, std::vector<LinkEvent>& events) {
  for_each_message(messages, [&](const nlmsghdr& header, std::span<const std::byte> body) {
    if (header.nlmsg_type != RTM_NEWLINK && header.nlmsg_type != RTM_DELLINK) return;
    const std::optional<Link> link = link_of(body);
    if (!link) return;
    if (header.nlmsg_type == RTM_DELLINK) {
      remove(link->index, events);
    } else if (!link->name.empty()) {
      add(*link, events);
    }
  });
}

void LinkTable::replace(std::span<const Link> links, std::vector<LinkEvent>& events) {
  std::set<int> gone;
  for (const auto& [index, name] : links_) gone.insert(index);
  for (const Link& link : links) gone.erase(link.index);
  for (const int index : gone) remove(index, events);
  for (const Link& link : links) add(link, events);
}

Result<LinkWatch> LinkWatch::open() {
  Result<UniqueFd> socket = open_socket(RTMGRP_LINK, SOCK_NONBLOCK);
  if (!socket) return std::unexpected(socket.error());
  // Listed after the socket listens: what happens in between is told twice, and never missed.
  const Result<std::vector<Link>> links = query_links();
  if (!links) return std::unexpected(links.error());
  LinkWatch watch(std::move(*socket));
  std::vector<LinkEvent> known;
  watch.table_.replace(*links, known);
  return watch;
}

Result<std::vector<LinkEvent>> LinkWatch::events() {
  std::vector<LinkEvent> events;
  std::vector<std::byte> buffer(kBufferBytes);
  bool missed = false;
  for (;;) {
    const ssize_t bytes = receive(socket_.fd(), buffer);
    if (bytes == -EAGAIN) break;
    if (bytes == -EINTR) continue;
    if (bytes == -ENOBUFS) {
      missed = true;
    } else if (bytes < 0) {
      return fail_errno(static_cast<int>(-bytes), "read", "rtnetlink socket");
    } else {
      table_.apply(std::span(buffer).first(static_cast<std::size_t>(bytes)), events);
    }
  }
  if (!missed) return events;
  const Result<std::vector<Link>> links = query_links();
  if (!links) return std::unexpected(links.error());
  table_.replace(*links, events);
  return events;
}

}  // namespace tickwire::kernel
