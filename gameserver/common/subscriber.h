// What it owns: whom a remote address stands for where something is limited.
// Who may use it: every folder of gameserver/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "gameserver/common/endpoint.h"

namespace tickwire::game {

using SubscriberKey = std::array<std::uint8_t, 16>;

// An IPv4 address, whether it came mapped into IPv6 (RFC 4291, section 2.5.5.2) or not; or the first 64 bits of an IPv6 address, as
// that is what one subscriber is given (RFC 6177): who has one of these has all of them. The port does not matter.
[[nodiscard]] SubscriberKey subscriber_of(const Endpoint& remote);

}  // namespace tickwire::game
