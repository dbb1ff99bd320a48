// What it owns: IP addresses, endpoints and prefixes as values.
// Who may use it: every room above base.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tickwire::model {

// An IPv4 or IPv6 address; IPv4 is kept as ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // network order

  [[nodiscard]] static IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);
  // Either family's text form (RFC 4291 2.2, dotted quad); no zone, no brackets. Usage error otherwise.
  [[nodiscard]] static Result<IpAddress> parse(std::string_view text);
  [[nodiscard]] bool is_v4() const;
  // "192.0.2.1", "2001:db8::1" (RFC 5952).
  [[nodiscard]] std::string text() const;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  // "192.0.2.1:7777", "[2001:db8::1]:7777". Usage error otherwise.
  [[nodiscard]] static Result<Endpoint> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// A prefix: "192.0.2.0/24", "2001:db8::/32", or a plain address, which is a prefix of one.
struct Cidr {
  IpAddress address;
  unsigned length = 0;  // 0 .. 128, of the 16-byte form: IPv4 lengths are 96 more

  [[nodiscard]] static Result<Cidr> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& candidate) const;
  friend bool operator==(const Cidr&, const Cidr&) = default;
};

}  // namespace tickwire::model

template <>
struct std::hash<tickwire::model::Endpoint> {
  std::size_t operator()(const tickwire::model::Endpoint& endpoint) const noexcept;
};
