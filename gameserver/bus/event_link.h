// What it owns: the event bus across the processes of one machine, when each runs one module.
// Who may use it: the server, with --bus.
// Thread: open and stop on one; counts on any. It has a thread of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gameserver/bus/event_bus.h"
#include "gameserver/common/unix_socket.h"

namespace tickwire::game {

// The module that a process runs.
enum class Role : std::uint8_t { kAuth, kMatch, kWorld };
inline constexpr std::array kRoles{Role::kAuth, Role::kMatch, Role::kWorld};
// "auth", "match", "world".
[[nodiscard]] std::string_view role_name(Role role);
// Nothing when text is none of the names.
[[nodiscard]] std::optional<Role> role_of(std::string_view text);

struct EventLinkOptions {
  std::string directory;  // made with mode 0700 if it is not there; the three processes share it
  Role role = Role::kWorld;
  std::size_t capacity = 1024;                          // events that wait for one other role
  Nanoseconds finish_within = std::chrono::seconds(1);  // at the end, for what waits still
  // From the first event that a role whose process has ended without a word could not be sent, until it is given up. As long as
  // a ticket is good: what Match told of would be worth nothing later.
  Nanoseconds give_up_after = std::chrono::seconds(60);
  // By role, what it is told of. A role that takes nothing holds up in the end who publishes what it wants, and nobody else.
  std::array<EventKinds, kRoles.size()> wanted{kAllKinds, kAllKinds, kAllKinds};
};

// An event counts once for each role that it goes to.
struct EventLinkCounts {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t no_such_role = 0;                 // nobody runs it: its socket is not there. Not sent, not kept
  std::uint64_t given_up = 0;                     // for a role that is given up. Not sent, not kept
  std::uint64_t retries = 0;                      // a role took nothing, or had ended without a word; tried again later
  std::uint64_t malformed = 0;                    // datagrams that are no event
  std::uint64_t held = 0;                         // received, and had to wait as a subscriber here had no room
  std::uint64_t abandoned = 0;                    // could not be sent, or given to a subscriber here, before the end
  std::size_t waiting = 0;                        // to be sent
  std::array<bool, kRoles.size()> is_given_up{};  // by role, now
  friend bool operator==(const EventLinkCounts&, const EventLinkCounts&) = default;
};

// Each role has a datagram socket of mode 0600, DIRECTORY/ROLE.sock, and sends what is published in its process to the sockets of
// the other roles. What a role cannot take waits in a queue of its own, in order; when that is full, EventBus::publish() is
// refused here, and when a subscriber here is full, the socket is not read. A role that starts later hears what is published from
// then on; one that is killed loses what its socket held, and one that stays away for give_up_after what waits for it, so that the
// others go on. Memory: 2 x capacity events for each other role.
class EventLink {
 public:
  // How long a role whose socket nobody serves is left alone.
  static constexpr Nanoseconds kRetryInterval = std::chrono::milliseconds(50);
  // How long a subscriber here that has no room is left alone: it is at work, and soon has some.
  static constexpr Nanoseconds kHeldInterval = std::chrono::milliseconds(2);

  // The error names the path: others may write to the directory, or another process has this role.
  [[nodiscard]] static Result<std::unique_ptr<EventLink>> open(const EventLinkOptions& options, EventBus& borrowed_bus);
  EventLink(const EventLink&) = delete;
  EventLink& operator=(const EventLink&) = delete;
  ~EventLink() { stop(); }

  // Sends what waits, within finish_within; receives nothing any more. A second call does nothing.
  void stop();
  [[nodiscard]] EventLinkCounts counts() const;

 private:
  // Another role, as seen from here.
  struct Peer {
    Role role;
    UnixAddress address;
    std::shared_ptr<EventQueue> queue;         // of what is published here
    UniqueFd fd;                               // connected to the role's socket, so that poll() knows when it takes more
    std::vector<Event> batch;                  // taken from the queue
    std::size_t next = 0;                      // of the batch, to be sent
    bool is_full = false;                      // its socket took nothing: wait until it is writable
    Nanoseconds retry_mono{};                  // nobody serves its socket: wait until then
    std::optional<Nanoseconds> unserved_mono;  // since when
  };
  enum class Outcome { kSent, kNoSuchRole, kGivenUp, kFull, kRetry };

  EventLink(const EventLinkOptions& options, EventBus& borrowed_bus, std::shared_ptr<Wake> wake, UnixListener listener)
      : options_(options), bus_(&borrowed_bus), wake_(std::move(wake)), listener_(std::move(listener)) {}
  Result<void> add_peer(Role role);
  void run();
  void finish();
  // Blocks until there may be something to do, up to deadline_mono.
  void wait(Nanoseconds deadline_mono);
  void flush(Peer& peer);
  // False when the peer takes no more for now.
  [[nodiscard]] bool send_batch(Peer& peer);
  [[nodiscard]] Outcome send(Peer& peer, const Event& event);
  // Nobody serves the peer's socket: whether it is given up by now.
  [[nodiscard]] Outcome unserved(Peer& peer) const;
  void receive();
  [[nodiscard]] bool deliver(const Event& event);

  const EventLinkOptions options_;
  EventBus* bus_;
  std::shared_ptr<Wake> wake_;
  UnixListener listener_;
  std::vector<Peer> peers_;
  std::optional<Event> held_;  // received; a subscriber has no room for it
  std::atomic<bool> stopping_ = false;
  mutable std::mutex counts_mutex_;
  EventLinkCounts counts_;  // its `waiting` is what the batches hold
  std::thread thread_;
};

}  // namespace tickwire::game
