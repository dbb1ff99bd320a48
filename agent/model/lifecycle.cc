// SPDX-License-Identifier: Apache-2.0
#include "model/lifecycle.h"

namespace tickwire::model {

ConnectionState state_after(const ConnectionChange& change, Protocol protocol) {
  if (protocol == Protocol::kUdp) return ConnectionState::kActive;
  if (change.closed) return ConnectionState::kClosed;
  if (change.state_from_kernel && change.state != ConnectionState::kNone) return change.state;
  if (change.reset_in || change.reset_out || (change.fin_in && change.fin_out)) return ConnectionState::kClosed;
  if (change.fin_out) return ConnectionState::kFinWait1;
  if (change.fin_in) return ConnectionState::kCloseWait;
  if (change.established || change.seeded) return ConnectionState::kEstablished;
  return change.state == ConnectionState::kNone ? ConnectionState::kSynRecv : change.state;
}

ConnectionState first_state(const ConnectionChange& change, Protocol protocol) {
  return protocol == Protocol::kTcp && !change.seeded ? ConnectionState::kSynRecv : state_after(change, protocol);
}

CloseReason first_sign(const ConnectionChange& change) {
  // A FIN before a RST: nothing follows a RST.
  if (change.fin_in != change.fin_out) return change.fin_in ? CloseReason::kRemoteFin : CloseReason::kLocalFin;
  if (change.fin_in) return CloseReason::kNone;
  if (change.reset_in != change.reset_out) return change.reset_in ? CloseReason::kRemoteReset : CloseReason::kLocalReset;
  return CloseReason::kNone;
}

bool was_established(const Connection& connection) {
  switch (connection.state) {
    case ConnectionState::kNone:
    case ConnectionState::kSynSent:
    case ConnectionState::kSynRecv:
    case ConnectionState::kNewSynRecv:
    case ConnectionState::kListen:
    case ConnectionState::kClosed:
      return connection.established.has_value() || connection.seeded;
    default:
      return true;
  }
}

Deadline deadline_of(const Connection& connection, bool state_from_kernel, const StateLimits& limits) {
  if (connection.key.protocol == Protocol::kUdp) return {connection.last_packet + limits.udp_idle, CloseReason::kIdle};
  if (!was_established(connection)) return {connection.opened + limits.half_open, CloseReason::kHalfOpen};
  if (!state_from_kernel) return {connection.last_packet + limits.tcp_silent, CloseReason::kIdle};
  return {};
}

}  // namespace tickwire::model
