// SPDX-License-Identifier: Apache-2.0
#include "gameserver/auth/credentials.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "gameserver/bus/events.h"

namespace tickwire::game {
namespace {

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

Password::Password(Password&& other) noexcept : text_(other.text_) { OPENSSL_cleanse(other.text_.data(), other.text_.size()); }

Password::~Password() { OPENSSL_cleanse(text_.data(), text_.size()); }

Result<void> check_name(std::string_view name) {
  if (name.size() >= kLeastNameBytes && name.size() <= kMostNameBytes && is_plain(name)) return {};
  return std::unexpected(fmt::format("a name has {} .. {} of A-Z a-z 0-9 _ -", kLeastNameBytes, kMostNameBytes));
}

Result<void> check_password_length(const Password& password) {
  const std::size_t length = password.reveal().size();
  if (length >= kLeastPasswordBytes && length <= kMostPasswordBytes) return {};
  return std::unexpected(fmt::format("a password has {} .. {} bytes", kLeastPasswordBytes, kMostPasswordBytes));
}

Result<void> check_region(std::string_view region) {
  if (region.size() <= kMaxRegionBytes && is_plain(region)) return {};
  return std::unexpected(fmt::format("a region has up to {} of A-Z a-z 0-9 _ -", kMaxRegionBytes));
}

}  // namespace tickwire::game
