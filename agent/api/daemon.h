// What it owns: one listening socket's HTTP: the library's daemon, and what it does with each connection and request.
// Who may use it: Server.
// Thread: made at the start, then the server's. 64 clients at most, 64 KiB each.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <microhttpd.h>

#include <memory>

#include "api/event_streams.h"
#include "api/routes.h"
#include "api/web_security.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace tickwire::api {

// What the daemon's callbacks are told; it outlives the daemon.
struct Door {
  const Routes* routes = nullptr;
  EventStreams* streams = nullptr;
  Listener listener = Listener::kUnix;
  WebSecurity* security = nullptr;  // null: plain HTTP for everyone
};

struct StopDaemon {
  void operator()(MHD_Daemon* daemon) const { ::MHD_stop_daemon(daemon); }
};
using Daemon = std::unique_ptr<MHD_Daemon, StopDaemon>;

// Reads its socket and its epoll only when told to by MHD_run.
[[nodiscard]] Result<Daemon> start_daemon(UniqueFd socket, const Door& door);

}  // namespace tickwire::api
