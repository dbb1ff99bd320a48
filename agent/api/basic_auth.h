// What it owns: who may ask: names and passwords (RFC 7617), checked so that guessing neither finds one nor costs the node its processor.
// Who may use it: the TCP listener.
// Thread: the server's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace tickwire::api {

// Whose guesses are counted together: an IPv4 address, or the 64 bits that one holder of IPv6 addresses has in common.
using PeerKey = std::uint64_t;
// `address` is a sockaddr_in or sockaddr_in6 (an IPv4 address in IPv6 form is one of IPv4); anything else is 0.
[[nodiscard]] PeerKey peer_key(const void* address);

// Tokens that come back with time.
struct TokenBucket {
  double tokens = 0;
  std::chrono::nanoseconds filled{};
};

// A bcrypt check takes some 50 ms of the server's only thread at cost 10, so it is done seldom: a pair of name and password that was right
// is remembered, and so is one that was wrong (64 of each, by a keyed hash, 32 bytes each); others are checked within two limits,
// of their address and of all together. A name that is not there is checked like one that is, so that time tells nothing.
// At most 1,024 addresses are told apart; beyond, the one that was seen first is forgotten.
class BasicAuth {
 public:
  enum class Verdict : std::uint8_t {
    kAdmitted,
    kWrong,   // 401
    kTooMany  // 429: not looked at; in a second it may be
  };
  using Now = std::function<std::chrono::nanoseconds()>;  // CLOCK_MONOTONIC
  using Matches = std::function<bool(const std::string& password, const std::string& hash)>;

  static constexpr double kAddressChecks = 5;     // at once from one address
  static constexpr double kAddressPerSecond = 1;  // and then
  static constexpr double kAllChecks = 10;        // at once from all
  static constexpr double kAllPerSecond = 2;      // and then: a tenth of a processor at cost 10
  static constexpr std::size_t kRemembered = 64;
  static constexpr std::size_t kAddresses = 1024;
  static constexpr std::size_t kLongestPassword = 256;  // longer ones are wrong; bcrypt itself looks at 72 bytes

  // users: bcrypt hashes by name, at least one.
  BasicAuth(std::map<std::string, std::string> users, Now now, Matches matches);

  [[nodiscard]] Verdict check(PeerKey peer, const std::string& user, const std::string& password);

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Memory {
    std::deque<Digest> digests;
    [[nodiscard]] bool has(const Digest& digest) const;
    void add(const Digest& digest);
  };

  [[nodiscard]] Digest digest(const std::string& user, const std::string& password) const;
  [[nodiscard]] bool may_check(PeerKey peer);
  TokenBucket& bucket_of(PeerKey peer);

  std::map<std::string, std::string> users_;
  std::string stranger_;  // a hash for names that are not there
  Now now_;
  Matches matches_;
  Digest key_{};
  Memory right_, wrong_;
  std::map<PeerKey, TokenBucket> addresses_;
  std::deque<PeerKey> order_;  // of addresses_, the one that was seen first in front
  TokenBucket all_;
};

// Whether the password has this bcrypt hash, by crypt_r(3), compared in constant time.
[[nodiscard]] bool bcrypt_matches(const std::string& password, const std::string& hash);

}  // namespace tickwire::api
