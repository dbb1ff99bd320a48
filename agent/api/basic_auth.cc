// SPDX-License-Identifier: Apache-2.0
#include "api/basic_auth.h"

#include <crypt.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

namespace tickwire::api {
namespace {

// Takes a token if there is one.
bool take(TokenBucket& bucket, double most, double per_second, std::chrono::nanoseconds now) {
  const double elapsed = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.tokens = std::min(most, bucket.tokens + elapsed * per_second);
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace

PeerKey peer_key(const void* address) {
  sa_family_t family = AF_UNSPEC;
  std::memcpy(&family, static_cast<const char*>(address) + offsetof(sockaddr, sa_family), sizeof family);
  PeerKey key = 0;
  if (family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return v4.sin_addr.s_addr;
  }
  if (family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      std::uint32_t v4 = 0;
      std::memcpy(&v4, v6.sin6_addr.s6_addr + 12, sizeof v4);
      return v4;
    }
    std::memcpy(&key, v6.sin6_addr.s6_addr, sizeof key);
  }
  return key;
}

BasicAuth::BasicAuth(std::map<std::string, std::string> users, Now now, Matches matches)
    : users_(std::move(users)), now_(std::move(now)), matches_(std::move(matches)) {
  // As dear as the dearest, so that a name that is not there takes as long.
  for (const auto& [name, hash] : users_) {
    if (stranger_.empty() || hash.compare(4, 2, stranger_, 4, 2) > 0) stranger_ = hash;
  }
  if (::gnutls_rnd(GNUTLS_RND_KEY, key_.data(), key_.size()) != 0) throw std::runtime_error("no random numbers");
  all_ = {.tokens = kAllChecks, .filled = now_()};
}

bool BasicAuth::Memory::has(const Digest& digest) const {
  return std::ranges::any_of(digests,
                             [&](const Digest& each) { return ::gnutls_memcmp(each.data(), digest.data(), digest.size()) == 0; });
}

void BasicAuth::Memory::add(const Digest& digest) {
  if (digests.size() == kRemembered) digests.pop_front();
  digests.push_back(digest);
}

BasicAuth::Digest BasicAuth::digest(const std::string& user, const std::string& password) const {
  const std::string both = user + ':' + password;  // a name has no colon
  Digest digest{};
  if (::gnutls_hmac_fast(GNUTLS_MAC_SHA256, key_.data(), key_.size(), both.data(), both.size(), digest.data()) != 0) {
    throw std::runtime_error("no HMAC");
  }
  return digest;
}

TokenBucket& BasicAuth::bucket_of(PeerKey peer) {
  if (const auto known = addresses_.find(peer); known != addresses_.end()) return known->second;
  if (order_.size() == kAddresses) {
    addresses_.erase(order_.front());
    order_.pop_front();
  }
  order_.push_back(peer);
  return addresses_[peer] = {.tokens = kAddressChecks, .filled = now_()};
}

bool BasicAuth::may_check(PeerKey peer) {
  // The address first: what it is refused costs the others nothing.
  return take(bucket_of(peer), kAddressChecks, kAddressPerSecond, now_()) && take(all_, kAllChecks, kAllPerSecond, now_());
}

BasicAuth::Verdict BasicAuth::check(PeerKey peer, const std::string& user, const std::string& password) {
  if (password.size() > kLongestPassword || user.size() > kLongestPassword) return Verdict::kWrong;
  const Digest pair = digest(user, password);
  if (right_.has(pair)) return Verdict::kAdmitted;
  if (wrong_.has(pair)) return Verdict::kWrong;
  if (!may_check(peer)) return Verdict::kTooMany;
  const auto known = users_.find(user);
  const bool matches = matches_(password, known != users_.end() ? known->second : stranger_) && known != users_.end();
  (matches ? right_ : wrong_).add(pair);
  return matches ? Verdict::kAdmitted : Verdict::kWrong;
}

bool bcrypt_matches(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();  // 32 KiB
  const char* computed = ::crypt_r(password.c_str(), hash.c_str(), data.get());
  if (computed == nullptr || std::strlen(computed) != hash.size()) return false;
  return ::gnutls_memcmp(computed, hash.data(), hash.size()) == 0;
}

}  // namespace tickwire::api
