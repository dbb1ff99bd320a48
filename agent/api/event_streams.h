// What it owns: the answers that go on: a stream of events for each client that asked for one.
// Who may use it: Server.
// Thread: the server's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "api/event_stream.h"
#include "model/snapshot.h"

struct MHD_Connection;
struct MHD_Response;

namespace tickwire::api {

struct StreamLimits {
  std::size_t streams = 16;
  std::chrono::nanoseconds heartbeat{std::chrono::seconds(10)};  // sent when nothing else was for so long
  unsigned patience_seconds = 60;                                // a client that takes nothing for so long is cut off
};

// A client that reads slowly holds up nobody: its lines are made when its socket has room, and what the log has dropped by then is lost
// to it. Between events its connection rests in the library, which does not look at it then.
class EventStreams {
 public:
  using Latest = std::function<std::shared_ptr<const model::Snapshot>()>;  // null before the first tick

  EventStreams(StreamLimits limits, Latest latest) : limits_(limits), latest_(std::move(latest)) {}

  [[nodiscard]] bool is_full() const { return open_.size() >= limits_.streams; }
  [[nodiscard]] std::size_t limit() const { return limits_.streams; }
  // A body for an answer to this connection, that begins where the query says; null when memory ran out. Open until the answer has
  // ended.
  [[nodiscard]] MHD_Response* begin(MHD_Connection* connection, EventQuery query);
  // Lets those go on that have something to send; before each run of the library.
  void go_on();
  // Lets all go on to their end; what is half sent is sent.
  void end();
  [[nodiscard]] bool is_empty() const { return open_.empty(); }
  // The longest time until go_on() has something to do, new events apart.
  [[nodiscard]] std::chrono::nanoseconds longest_wait() const { return limits_.heartbeat; }

 private:
  struct Open {
    EventStreams* owner;
    MHD_Connection* connection;
    EventStream events;
    std::string lines{};   // being sent
    std::size_t sent = 0;  // of lines
    bool resting = false;
    std::chrono::nanoseconds active{};  // when something was last sent
  };

  static long read(void* open, unsigned long position, char* buffer, std::size_t size);
  static void close(void* open);
  long read(Open& open, char* buffer, std::size_t size);
  [[nodiscard]] bool is_due(const Open& open, const model::EventLog& log) const;

  StreamLimits limits_;
  Latest latest_;
  std::list<Open> open_;
  bool ending_ = false;
};

}  // namespace tickwire::api
