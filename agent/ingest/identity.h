// What it owns: from the kernel's key and state of a connection to the names that they have above.
// Who may use it: the decoders of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "model/connection.h"
#include "tickwire/connection.h"

namespace tickwire::ingest {

// The key may be mapped memory. Host order.
[[nodiscard]] model::ConnectionKey key_of(const tw_connection_key& key);
// kNone for UDP, and for states that no connection goes through.
[[nodiscard]] model::ConnectionState state_of(std::uint8_t protocol, std::uint8_t tcp_state);

}  // namespace tickwire::ingest
