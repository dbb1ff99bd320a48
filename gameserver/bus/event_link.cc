// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/event_link.h"

#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tickwire::game {
namespace {

constexpr std::array<std::string_view, kRoles.size()> kRoleNames{"auth", "match", "world"};
// Datagrams per wake-up: what is to be sent must not wait for a flood.
constexpr int kReceivedPerWakeUp = 256;

std::string socket_path(const std::string& directory, Role role) { return fmt::format("{}/{}.sock", directory, role_name(role)); }

// Who may write to the folder could put a socket of its own in a role's place.
Result<void> prepare(const std::string& directory) {
  if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) return fail_errno(errno, "make", directory);
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) return fail_errno(errno, "look at", directory);
  if (!S_ISDIR(found.st_mode)) return fail_errno(ENOTDIR, "use", directory);
  if (found.st_uid != ::geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return std::unexpected(fmt::format("use {}: it must belong to this user, and nobody else may write to it", directory));
  }
  return {};
}

}  // namespace

std::string_view role_name(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }

std::optional<Role> role_of(std::string_view text) {
  const auto role = std::ranges::find(kRoles, text, role_name);
  return role == kRoles.end() ? std::nullopt : std::optional(*role);
}

Result<std::unique_ptr<EventLink>> EventLink::open(const EventLinkOptions& options, EventBus& borrowed_bus) {
  if (const auto prepared = prepare(options.directory); !prepared) return std::unexpected(prepared.error());
  auto wake = Wake::open();
  if (!wake) return std::unexpected(wake.error());
  auto listener = UnixListener::open(socket_path(options.directory, options.role));
  if (!listener) return std::unexpected(listener.error());
  std::unique_ptr<EventLink> link(new EventLink(options, borrowed_bus, std::move(*wake), std::move(*listener)));
  for (const auto role : kRoles) {
    if (role == options.role) continue;
    if (const auto added = link->add_peer(role); !added) return std::unexpected(added.error());
  }
  try {
    link->thread_ = std::thread([borrowed = link.get()] { borrowed->run(); });
  } catch (const std::system_error& error) {
    return fail_errno(error.code().value(), "start", "the event link");
  }
  ::pthread_setname_np(link->thread_.native_handle(), "event-link");
  return link;
}

Result<void> EventLink::add_peer(Role role) {
  const auto address = UnixAddress::of(socket_path(options_.directory, role));
  if (!address) return std::unexpected(address.error());
  auto queue = bus_->subscribe({.name = fmt::format("events_to_{}", role_name(role)),
                                .capacity = options_.capacity,
                                .wake = wake_,
                                .kinds = options_.wanted[static_cast<std::size_t>(role)],
                                .local_only = true});
  peers_.push_back({.role = role, .address = *address, .queue = std::move(queue), .fd = {}, .batch = {}, .unserved_mono = {}});
  return {};
}

void EventLink::stop() {
  stopping_.store(true);
  wake_->notify();
  if (thread_.joinable()) thread_.join();
}

void EventLink::run() {
  while (!stopping_.load()) {
    wait(Nanoseconds::max());
    for (auto& peer : peers_) flush(peer);
    receive();
  }
  finish();
}

void EventLink::finish() {
  const auto end_mono = monotonic_now() + options_.finish_within;
  for (auto& peer : peers_) flush(peer);
  while (counts().waiting > 0 && monotonic_now() < end_mono) {
    wait(end_mono);
    for (auto& peer : peers_) flush(peer);
  }
  const auto abandoned = counts().waiting + (held_ ? 1 : 0);
  const std::lock_guard lock(counts_mutex_);
  counts_.abandoned = abandoned;
}

void EventLink::wait(Nanoseconds deadline_mono) {
  std::array<pollfd, 2 + kRoles.size() - 1> waiting{};
  std::size_t count = 0;
  waiting[count++] = {.fd = wake_->fd(), .events = POLLIN, .revents = 0};
  // What is held must go first, and at the end nothing is received.
  if (!held_ && !stopping_.load()) waiting[count++] = {.fd = listener_.fd(), .events = POLLIN, .revents = 0};
  auto next_mono = held_ ? std::min(deadline_mono, monotonic_now() + kHeldInterval) : deadline_mono;
  for (const auto& peer : peers_) {
    if (peer.next == peer.batch.size()) continue;
    if (peer.is_full) {
      waiting[count++] = {.fd = peer.fd.fd(), .events = POLLOUT, .revents = 0};
    } else {
      next_mono = std::min(next_mono, peer.retry_mono);
    }
  }
  const auto left = to_timespec(next_mono - monotonic_now());
  ::ppoll(waiting.data(), count, next_mono == Nanoseconds::max() ? nullptr : &left, nullptr);
  wake_->drain();
}

void EventLink::flush(Peer& peer) {
  if (monotonic_now() < peer.retry_mono || !send_batch(peer)) return;
  {
    // Under the lock, so that who counts meanwhile does not miss what is being moved.
    const std::lock_guard lock(counts_mutex_);
    peer.queue->drain(peer.batch);
    peer.next = 0;
    counts_.waiting += peer.batch.size();
  }
  // What is published from here on wakes this thread again.
  static_cast<void>(send_batch(peer));
}

bool EventLink::send_batch(Peer& peer) {
  while (peer.next < peer.batch.size()) {
    const auto outcome = send(peer, peer.batch[peer.next]);
    peer.is_full = outcome == Outcome::kFull;
    if (outcome == Outcome::kRetry) peer.retry_mono = monotonic_now() + kRetryInterval;
    const std::lock_guard lock(counts_mutex_);
    if (outcome == Outcome::kSent || outcome == Outcome::kGivenUp) {
      counts_.is_given_up[static_cast<std::size_t>(peer.role)] = outcome == Outcome::kGivenUp;
    }
    if (outcome == Outcome::kFull || outcome == Outcome::kRetry) {
      ++counts_.retries;
      return false;
    }
    ++peer.next;
    --counts_.waiting;
    ++(outcome == Outcome::kSent ? counts_.sent : outcome == Outcome::kGivenUp ? counts_.given_up : counts_.no_such_role);
  }
  return true;
}

EventLink::Outcome EventLink::send(Peer& peer, const Event& event) {
  const auto bytes = event.encode();
  // A second try, as the socket may be that of a process which has ended since.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!peer.fd) {
      UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (!fd) return Outcome::kRetry;
      if (::connect(fd.fd(), peer.address.address(), peer.address.length) != 0) {
        if (errno == ECONNREFUSED) return unserved(peer);
        return errno == ENOENT ? Outcome::kNoSuchRole : Outcome::kRetry;
      }
      peer.unserved_mono.reset();
      peer.fd = std::move(fd);
    }
    if (::send(peer.fd.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0) return Outcome::kSent;
    if (errno == EAGAIN) return Outcome::kFull;
    peer.fd.reset();
  }
  return Outcome::kRetry;
}

EventLink::Outcome EventLink::unserved(Peer& peer) const {
  const auto now = monotonic_now();
  if (!peer.unserved_mono) peer.unserved_mono = now;
  return now - *peer.unserved_mono >= options_.give_up_after ? Outcome::kGivenUp : Outcome::kRetry;
}

void EventLink::receive() {
  if (held_ && !deliver(*held_)) return;
  held_.reset();
  for (int i = 0; i < kReceivedPerWakeUp; ++i) {
    // One byte more than is allowed, so that a longer one is seen to be longer.
    std::array<std::byte, kMaxEventBytes + 1> bytes;
    const auto count = ::recv(listener_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0) return;
    auto event = Event::decode(std::span(bytes).first(static_cast<std::size_t>(count)));
    {
      const std::lock_guard lock(counts_mutex_);
      ++(event ? counts_.received : counts_.malformed);
    }
    if (!event || deliver(*event)) continue;
    held_ = std::move(*event);
    const std::lock_guard lock(counts_mutex_);
    ++counts_.held;
    return;
  }
}

bool EventLink::deliver(const Event& event) { return bus_->publish(event, EventOrigin::kOtherProcess); }

EventLinkCounts EventLink::counts() const {
  const std::lock_guard lock(counts_mutex_);
  auto counts = counts_;
  for (const auto& peer : peers_) counts.waiting += peer.queue->counts().depth;
  return counts;
}

}  // namespace tickwire::game
