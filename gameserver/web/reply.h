// What it owns: the way of an answer from any thread to the connection that waits for it.
// Who may use it: web/ only: it includes Boost.
// Thread: any, unless it says otherwise.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>  // Boost.Asio 1.74 needs it and does not include it
//
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "gameserver/web/http.h"

namespace tickwire::game {

// Who waits for an answer.
class ReplyTarget {
 public:
  virtual ~ReplyTarget() = default;
  // On the gateway's thread: the answer to the request of this number; nullopt: there will be none. What is not waited for is ignored.
  virtual void take_reply(std::uint64_t number, std::optional<HttpResponse> reply) = 0;
};

// Leads to the gateway's thread. Shared with every answer that is still to be given, which may outlive the gateway.
class ReplyPort {
 public:
  explicit ReplyPort(boost::asio::io_context& borrowed_io) : io_(&borrowed_io) {}

  // The task runs on the gateway's thread, or is destroyed when there is none any more. On the gateway's it runs at once.
  void run(std::move_only_function<void()> task);
  // On the gateway's thread, around its loop.
  void begin() { thread_ = std::this_thread::get_id(); }
  void end() { thread_ = std::thread::id(); }
  // The gateway is about to go.
  void close();

 private:
  std::mutex mutex_;
  boost::asio::io_context* io_;  // null: gone
  std::atomic<std::thread::id> thread_;
};

// The right to answer one request: the first call counts, and destroying it without a call says that there will be no answer.
[[nodiscard]] HttpReply make_reply(std::shared_ptr<ReplyPort> port, std::weak_ptr<ReplyTarget> target, std::uint64_t number);

}  // namespace tickwire::game
