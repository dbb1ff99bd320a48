// What it owns: how the bots' sockets are made.
// Who may use it: bots/.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "gameserver/common/endpoint.h"
#include "gameserver/common/result.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::game {

// A non-blocking socket that is connected (UDP) or being connected (TCP, with TCP_NODELAY) to remote, from source if there is
// one. socket_type: SOCK_DGRAM or SOCK_STREAM. receive_bytes: SO_RCVBUF, which the kernel doubles; 0: its default.
[[nodiscard]] Result<UniqueFd> open_connecting(const Endpoint& remote, const std::optional<Endpoint>& source, int socket_type,
                                               int receive_bytes = 0);

}  // namespace tickwire::game
