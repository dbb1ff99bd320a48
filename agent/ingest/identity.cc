// SPDX-License-Identifier: Apache-2.0
#include "ingest/identity.h"

#include <netinet/in.h>

#include <array>
#include <bit>

#include "ingest/mapped.h"

namespace tickwire::ingest {
namespace {

model::IpAddress address_of(const __be32 (&mapped)[4]) {
  std::array<std::uint32_t, 4> words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = load(mapped[i]);
  return {std::bit_cast<std::array<std::uint8_t, 16>>(words)};
}

}  // namespace

model::ConnectionKey key_of(const tw_connection_key& key) {
  return {.protocol = load(key.protocol) == IPPROTO_TCP ? model::Protocol::kTcp : model::Protocol::kUdp,
          .local = {.address = address_of(key.local_address), .port = ntohs(load(key.local_port))},
          .remote = {.address = address_of(key.remote_address), .port = ntohs(load(key.remote_port))}};
}

model::ConnectionState state_of(std::uint8_t protocol, std::uint8_t tcp_state) {
  // States that a later kernel adds (TCP_BOUND_INACTIVE) are none that a connection goes through.
  constexpr auto kLast = static_cast<std::uint8_t>(model::ConnectionState::kNewSynRecv);
  const bool known = protocol == IPPROTO_TCP && tcp_state <= kLast;
  return known ? static_cast<model::ConnectionState>(tcp_state) : model::ConnectionState::kNone;
}

}  // namespace tickwire::ingest
