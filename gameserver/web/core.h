// What it owns: what the connections of one web gateway share, and the list of them.
// Who may use it: web/ only: it includes Boost.
// Thread: the web gateway's, but for ReplyPort.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>  // Boost.Asio 1.74 needs it and does not include it
//
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <memory>
#include <optional>

#include "gameserver/common/endpoint.h"
#include "gameserver/web/reply.h"
#include "gameserver/web/routing.h"
#include "gameserver/web/web_gateway.h"

namespace tickwire::game {

using WebExecutor = boost::asio::io_context::executor_type;
using WebSocketStreamSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, WebExecutor>;

struct WebCore;

// Counts a connection against the limits of its address for as long as it lives.
class AddressSlot {
 public:
  AddressSlot(AddressLimits& borrowed_limits, const Endpoint& remote) : limits_(&borrowed_limits), remote_(remote) {}
  AddressSlot(AddressSlot&& other) noexcept : limits_(std::exchange(other.limits_, nullptr)), remote_(other.remote_) {}
  AddressSlot& operator=(AddressSlot&&) = delete;
  ~AddressSlot() {
    if (limits_ != nullptr) limits_->leave(remote_);
  }
  [[nodiscard]] const Endpoint& remote() const { return remote_; }

 private:
  AddressLimits* limits_;
  Endpoint remote_;
};

// One client, as HTTP or as WebSocket. The core's list owns it, and every operation under way shares it; leave() takes it off the list.
class WebConnection {
 public:
  virtual ~WebConnection() = default;
  // Ends what takes too long. Takes nobody but itself off the list.
  virtual void sweep(Nanoseconds now_mono) = 0;
  // The gateway stops: closes, at the latest after timeouts.farewell.
  virtual void stop(Nanoseconds now_mono) = 0;

 private:
  friend struct WebCore;
  std::optional<std::list<std::shared_ptr<WebConnection>>::iterator> place_;
};

struct WebCore {
  WebCore(const WebOptions& web_options, std::vector<HttpRoute> http_routes, Front* borrowed_front)
      : options(web_options),
        routes(std::move(http_routes)),
        front(borrowed_front),
        addresses(web_options.per_address),
        io(1),
        replies(std::make_shared<ReplyPort>(io)) {}
  ~WebCore() { replies->close(); }
  WebCore(const WebCore&) = delete;
  WebCore& operator=(const WebCore&) = delete;

  void enter(const std::shared_ptr<WebConnection>& connection) {
    connection->place_ = connections.insert(connections.end(), connection);
    stats.connections.set(connections.size());
  }
  // A second call does nothing. The connection may be destroyed when its last operation has ended.
  void leave(WebConnection& connection) {
    if (const auto place = std::exchange(connection.place_, std::nullopt)) connections.erase(*place);
    stats.connections.set(connections.size());
  }

  const WebOptions options;
  const RouteTable routes;
  Front* const front;  // borrowed
  WebStats stats;
  AddressLimits addresses;
  std::list<std::shared_ptr<WebConnection>> connections;
  bool stopping = false;
  // Behind everything that a connection uses: what is left in it is destroyed with it.
  boost::asio::io_context io;
  std::shared_ptr<ReplyPort> replies;
};

}  // namespace tickwire::game
