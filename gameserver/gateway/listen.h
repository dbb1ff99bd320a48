// What it owns: how the server's sockets are made.
// Who may use it: the gateways, the echo.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "gameserver/common/result.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::game {

// A bound, non-blocking socket whose arrivals carry the kernel's stamp (SO_TIMESTAMPNS). host "" is every address of both
// families on one socket, or of IPv4 alone where the kernel has no IPv6. port 0: the kernel chooses. socket_type: SOCK_DGRAM, or
// SOCK_STREAM, which also listens. The error names the address and the reason.
[[nodiscard]] Result<UniqueFd> open_bound(const std::string& host, std::uint16_t port, int socket_type);

}  // namespace tickwire::game
