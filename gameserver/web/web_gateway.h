// What it owns: the port that speaks HTTP and WebSocket: requests go to handlers, WebSocket clients to a front.
// Who may use it: the server that wires it up.
// Thread: run() has one of its own; the rest says where.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gameserver/bus/wake.h"
#include "gameserver/gateway/limits.h"
#include "gameserver/web/http.h"
#include "gameserver/web/stats.h"

namespace tickwire::game {

class Front;

// How long a client may take. Looked at each `sweep`, so each of them may last that much longer.
struct WebTimeouts {
  Nanoseconds header = std::chrono::seconds(5);  // from accepting, or the first byte of a later request, to the end of its header
  Nanoseconds body = std::chrono::seconds(5);    // from there to the end of its body
  Nanoseconds keep_alive = std::chrono::seconds(15);  // between two requests
  Nanoseconds reply = std::chrono::seconds(120);      // of the handler
  Nanoseconds write = std::chrono::seconds(5);        // to take an answer, or one WebSocket message
  Nanoseconds farewell = std::chrono::seconds(1);     // to read why it is closed
  Nanoseconds ping_every = std::chrono::seconds(10);
  Nanoseconds pong_within = std::chrono::seconds(20);  // from a ping to anything that shows that the client lives
  Nanoseconds sweep = std::chrono::seconds(1);
};

struct WebOptions {
  std::string bind;           // "": every address of both families
  std::uint16_t port = 8080;  // 0: the kernel chooses
  // Of browser pages that may open a WebSocket, besides those of the same host and port: "https://example.com".
  std::vector<std::string> origins;
  std::size_t max_connections = 8192;
  AddressLimitOptions per_address;
  WebTimeouts timeouts;
};

// Routes as their handlers say, and WebSocket at /ws (RFC 6455): one message of the game in one binary message, in the form that it has
// in a frame, without the length.
//
// Memory of a connection, besides the socket's: while it waits for a request about 1 KiB; at most 8 KiB of header, 4 KiB of body and
// the answer; as a WebSocket about 5 KiB, at most 64 KiB of received message, 64 KiB of waiting messages and one snapshot. A client that
// takes too long, sends too much or does not read is closed, and counted; nobody waits for it.
class WebGateway {
 public:
  static constexpr std::size_t kMaxHeaderBytes = 8 * 1024;
  static constexpr std::size_t kMaxBodyBytes = 4 * 1024;

  // borrowed_front: of this gateway's thread; null: no WebSocket. wake: of the front's inbox, null without one. The error names the
  // address, and says why it cannot be used.
  [[nodiscard]] static Result<std::unique_ptr<WebGateway>> open(const WebOptions& options, std::vector<HttpRoute> routes,
                                                                Front* borrowed_front, std::shared_ptr<Wake> wake);
  ~WebGateway();
  WebGateway(const WebGateway&) = delete;
  WebGateway& operator=(const WebGateway&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const WebStats& stats() const;  // on any thread

  // Serves until stop(): then it says bye to everybody, waits for timeouts.farewell and a sweep at most, and returns. Once.
  void run();
  // On any thread, also before run(); a second call does nothing.
  void stop();
  // Blocks the gateway's thread for so long, but not beyond stop(): an injected I/O stall. On any thread; returns at once. Afterwards
  // ended is called on the gateway's thread, with when it really was; empty: nobody wants to know.
  using StallEnded = std::function<void(Nanoseconds begin_mono, Nanoseconds end_mono)>;
  void block_for(Nanoseconds duration, StallEnded ended = {});

 private:
  struct Parts;
  explicit WebGateway(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tickwire::game
