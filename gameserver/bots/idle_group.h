// What it owns: WebSockets that were opened and do nothing: they answer pings, as a browser does for a page that waits.
// Who may use it: the runner.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gameserver/bots/ws_stream.h"
#include "gameserver/common/endpoint.h"
#include "gameserver/common/poller.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::game {

struct IdleSpec {
  std::size_t count = 0;
  Endpoint remote;
  std::optional<Endpoint> source;
  unsigned ramp_hz = 0;        // how many begin in a second; 0: all at once
  std::uint64_t first_id = 0;  // theirs in the poller: this and the following ones
};

struct IdleCounts {
  std::size_t begun = 0;
  std::size_t upgraded = 0;
  std::size_t lost = 0;     // ended by the server or the network after the upgrade
  std::size_t refused = 0;  // ended before it
  std::uint64_t pings = 0;  // answered
  std::string first_failure;
};

// Memory: 10 KiB a connection.
class IdleGroup {
 public:
  explicit IdleGroup(IdleSpec spec) : spec_(std::move(spec)) {}

  // Begins those that are due, the first at started_mono. When the next one is due; nullopt: all have begun.
  std::optional<Nanoseconds> begin_due(Poller& poller, Nanoseconds started_mono, Nanoseconds now_mono);
  // Whether the id is one of theirs.
  [[nodiscard]] bool owns(std::uint64_t id) const { return id >= spec_.first_id && id - spec_.first_id < spec_.count; }
  void on_ready(Poller& poller, std::uint64_t id, std::uint32_t events);
  // Says goodbye and closes.
  void close();

  [[nodiscard]] const IdleCounts& counts() const { return counts_; }

 private:
  struct Socket {
    UniqueFd fd;
    std::unique_ptr<WsStream> stream;
    bool requested = false;
  };
  void begin(Poller& poller);
  void read(Socket& socket);
  void flush(Socket& socket);
  void end(Socket& socket, const std::string& why);

  IdleSpec spec_;
  std::vector<Socket> sockets_;
  IdleCounts counts_;
};

}  // namespace tickwire::game
