// What it owns: what is asked and answered over HTTP and over frames, the same in both: 16 bytes, and 16 bytes for them.
// Who may use it: tests/bench/transports_*.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace tickwire::bench {

enum class Carrier { kHttp, kFrames };
inline constexpr std::array<Carrier, 2> kCarriers = {Carrier::kHttp, Carrier::kFrames};
[[nodiscard]] constexpr std::string_view carrier_name(Carrier carrier) { return carrier == Carrier::kHttp ? "http" : "frames"; }

inline constexpr std::size_t kBodyBytes = 16;
using Body = std::array<char, kBodyBytes>;

// The request of this number: it, and zeros.
[[nodiscard]] inline Body request_body(std::uint64_t number) {
  Body body{};
  std::memcpy(body.data(), &number, sizeof number);
  return body;
}
// The handler of both servers: the number, and one more behind it.
[[nodiscard]] inline Body answer_body(std::span<const char, kBodyBytes> request) {
  Body body{};
  std::uint64_t number = 0;
  std::memcpy(&number, request.data(), sizeof number);
  std::memcpy(body.data(), &number, sizeof number);
  ++number;
  std::memcpy(body.data() + sizeof number, &number, sizeof number);
  return body;
}

// What stands before the 16 bytes of a request: as few headers as HTTP/1.1 allows; the 4-byte length of a frame.
[[nodiscard]] inline std::string request_head(Carrier carrier) {
  if (carrier == Carrier::kFrames) return {'\0', '\0', '\0', static_cast<char>(kBodyBytes)};
  return "POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 16\r\n\r\n";
}

}  // namespace tickwire::bench
