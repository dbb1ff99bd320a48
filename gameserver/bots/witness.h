// What it owns: what one connection has sent whose stamp by the kernel has not come yet.
// Who may use it: the carriers.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>

#include "gameserver/bots/truth_log.h"
#include "gameserver/common/endpoint.h"

namespace tickwire::game {

// Does nothing without a log.
class Witness {
 public:
  explicit Witness(TruthLog* borrowed_log) : log_(borrowed_log) {}

  // The socket is connected and has sent nothing.
  void opened(const char* protocol, int borrowed_fd, const Endpoint& local, const Endpoint& remote);
  // A whole message was given to the socket; last_number: of its stamp, as SentStamp says.
  void sent(const Message& message, std::size_t payload_bytes, Nanoseconds intended_mono, Nanoseconds called_mono);
  // So many bytes of a stream went out that are no message.
  void passed_over(std::size_t bytes);
  // The socket refused one: older kernels have numbered it all the same.
  void refused(int borrowed_fd);
  void received(const Message& message, std::size_t payload_bytes, Nanoseconds arrived_unix, Nanoseconds read_mono);
  void interval(std::string_view kind, Nanoseconds begin_mono, Nanoseconds end_mono);
  // Takes the stamps that have come.
  void collect(int borrowed_fd);
  // The socket closes: what has no stamp by now gets none.
  void close(int borrowed_fd);

 private:
  // Stamps come in microseconds; beyond so many that have none, the oldest will not get one.
  static constexpr std::size_t kMostPending = 4096;
  struct Pending {
    std::uint32_t number;
    SentTruth truth;
  };
  void write_oldest(std::optional<Nanoseconds> left_unix);

  TruthLog* log_;
  TruthTuple tuple_;
  bool stream_ = false;
  std::uint32_t next_number_ = 0;
  std::deque<Pending> pending_;
};

}  // namespace tickwire::game
