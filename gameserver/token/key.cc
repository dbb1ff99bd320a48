// SPDX-License-Identifier: Apache-2.0
#include "gameserver/token/key.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string_view>

#include "gameserver/common/unique_fd.h"
#include "gameserver/token/random.h"

namespace tickwire::game {
namespace {

// 64 bytes in hexadecimal, a line end, and one more to see that a file is too long.
constexpr std::size_t kMostFileBytes = 2 * kMostKeyBytes + 3;
using FileBytes = std::array<std::byte, kMostFileBytes>;

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

Result<std::size_t> read_private_file(const std::string& path, FileBytes& out) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return fail_errno(errno, "open token key", path);
  struct stat status {};
  if (::fstat(file.fd(), &status) != 0) return fail_errno(errno, "stat token key", path);
  if (!S_ISREG(status.st_mode)) return std::unexpected(fmt::format("token key {}: is no regular file", path));
  if ((status.st_mode & 077) != 0) {
    return std::unexpected(fmt::format("token key {}: mode {:04o} lets others in; make it 0600", path, status.st_mode & 07777U));
  }
  std::size_t length = 0;
  while (length < out.size()) {
    const ssize_t count = ::read(file.fd(), out.data() + length, out.size() - length);
    if (count < 0) return fail_errno(errno, "read token key", path);
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  return length;
}

// Turns hexadecimal text into the bytes that it stands for, in place; other content stays as it is.
std::size_t decode_hex(std::span<std::byte> content) {
  const std::string_view digits = without_line_end({reinterpret_cast<const char*>(content.data()), content.size()});
  if (digits.empty() || digits.size() % 2 != 0) return content.size();
  if (!std::ranges::all_of(digits, [](char digit) { return hex_value(digit) >= 0; })) return content.size();
  for (std::size_t i = 0; i < digits.size() / 2; ++i) {
    content[i] = static_cast<std::byte>(hex_value(digits[2 * i]) << 4 | hex_value(digits[2 * i + 1]));
  }
  return digits.size() / 2;
}

}  // namespace

Result<TokenKey> TokenKey::load(const std::string& path) {
  FileBytes content{};
  const auto read = read_private_file(path, content);
  if (!read) return std::unexpected(read.error());
  const std::size_t length = decode_hex(std::span(content).first(*read));
  Result<TokenKey> key = std::unexpected(fmt::format("token key {}: holds {}{} bytes, {} .. {} are needed", path,
                                                     length > kMostKeyBytes ? "more than " : "", std::min(length, kMostKeyBytes),
                                                     kLeastKeyBytes, kMostKeyBytes));
  if (length >= kLeastKeyBytes && length <= kMostKeyBytes) key = TokenKey(std::span(content).first(length));
  OPENSSL_cleanse(content.data(), content.size());
  return key;
}

TokenKey TokenKey::random() {
  std::array<std::byte, kLeastKeyBytes> secret{};
  fill_random(secret);
  TokenKey key(secret);
  OPENSSL_cleanse(secret.data(), secret.size());
  return key;
}

TokenKey::TokenKey(std::span<const std::byte> secret) : length_(secret.size()) { std::ranges::copy(secret, secret_.begin()); }

TokenKey::TokenKey(TokenKey&& other) noexcept : secret_(other.secret_), length_(other.length_) {
  OPENSSL_cleanse(other.secret_.data(), other.secret_.size());
}

TokenKey& TokenKey::operator=(TokenKey&& other) noexcept {
  if (this == &other) return *this;
  secret_ = other.secret_;
  length_ = other.length_;
  OPENSSL_cleanse(other.secret_.data(), other.secret_.size());
  return *this;
}

TokenKey::~TokenKey() { OPENSSL_cleanse(secret_.data(), secret_.size()); }

std::array<std::byte, 16> TokenKey::mac(std::span<const std::byte> message) const {
  std::array<unsigned char, 32> full{};
  std::size_t length = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, secret_.data(), length_,
                reinterpret_cast<const unsigned char*>(message.data()), message.size(), full.data(), full.size(),
                &length) == nullptr) {
    throw std::bad_alloc();
  }
  std::array<std::byte, 16> half{};
  std::ranges::copy(std::as_bytes(std::span(full)).first(half.size()), half.begin());
  return half;
}

}  // namespace tickwire::game
