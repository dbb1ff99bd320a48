// SPDX-License-Identifier: Apache-2.0
#include "gameserver/token/key.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace tickwire::game {
namespace {

// A file that goes with the test.
class KeyFile {
 public:
  explicit KeyFile(std::string_view content, mode_t mode = 0600) {
    path_ = (std::filesystem::temp_directory_path() / "tickwire-key-XXXXXX").string();
    const int fd = ::mkstemp(path_.data());
    EXPECT_GE(fd, 0);
    EXPECT_EQ(::write(fd, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    EXPECT_EQ(::fchmod(fd, mode), 0);
    ::close(fd);
  }
  KeyFile(const KeyFile&) = delete;
  KeyFile& operator=(const KeyFile&) = delete;
  ~KeyFile() { ::unlink(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::span<const std::byte> bytes_of_text(std::string_view text) { return std::as_bytes(std::span(text)); }

// The same by another interface of OpenSSL.
std::array<std::byte, 16> reference_mac(std::string_view secret, std::string_view message) {
  std::array<unsigned char, 32> full{};
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(message.data()),
       message.size(), full.data(), &length);
  std::array<std::byte, 16> half{};
  std::ranges::copy(std::as_bytes(std::span(full)).first(16), half.begin());
  return half;
}

std::string error_of(std::string_view content, mode_t mode = 0600) {
  const KeyFile file(content, mode);
  const auto key = TokenKey::load(file.path());
  if (key) return "none";
  const auto at = key.error().find(file.path());
  return at == std::string::npos ? key.error() : key.error().substr(at + file.path().size());
}

TEST(TokenKey, IsTheBytesOfItsFile) {
  const std::string secret = "\x01not hexadecimal, but 33 bytes.\n\n";
  ASSERT_EQ(secret.size(), 33U);
  const KeyFile file(secret);
  const auto key = TokenKey::load(file.path());
  ASSERT_TRUE(key) << key.error();
  EXPECT_EQ(key->mac(bytes_of_text("message")), reference_mac(secret, "message"));
}

TEST(TokenKey, IsWhatHexadecimalStandsFor) {
  const std::string secret(32, '\xab');
  std::string digits;
  for (int i = 0; i < 16; ++i) digits += "abAB";
  for (const char* end : {"", "\n", "\r\n"}) {
    const KeyFile file(digits + end);
    const auto key = TokenKey::load(file.path());
    ASSERT_TRUE(key) << key.error();
    EXPECT_EQ(key->mac(bytes_of_text("message")), reference_mac(secret, "message"));
  }
}

// RFC 4231, test case 3. Its key is too short for a file of ours, so it is the reference that is compared with the RFC.
TEST(TokenKey, HasAReferenceThatFollowsTheRfc) {
  const auto mac = reference_mac(std::string(20, '\xaa'), std::string(50, '\xdd'));
  constexpr std::array<unsigned, 4> kFirst = {0x77, 0x3e, 0xa9, 0x1e};
  for (std::size_t i = 0; i < kFirst.size(); ++i) EXPECT_EQ(std::to_integer<unsigned>(mac[i]), kFirst[i]);
}

TEST(TokenKey, TakesExactlyItsLengths) {
  EXPECT_EQ(error_of(std::string(32, '!')), "none");
  EXPECT_EQ(error_of(std::string(64, '!')), "none");
  EXPECT_EQ(error_of(std::string(31, '!')), ": holds 31 bytes, 32 .. 64 are needed");
  EXPECT_EQ(error_of(std::string(65, '!')), ": holds more than 64 bytes, 32 .. 64 are needed");
  EXPECT_EQ(error_of(std::string(100'000, '!')), ": holds more than 64 bytes, 32 .. 64 are needed");
  EXPECT_EQ(error_of(""), ": holds 0 bytes, 32 .. 64 are needed");
}

TEST(TokenKey, CountsHexadecimalByWhatItStandsFor) {
  EXPECT_EQ(error_of(std::string(64, 'a')), "none");
  EXPECT_EQ(error_of(std::string(128, 'a') + "\r\n"), "none");
  EXPECT_EQ(error_of(std::string(62, 'a')), ": holds 31 bytes, 32 .. 64 are needed");
  EXPECT_EQ(error_of(std::string(130, 'a')), ": holds more than 64 bytes, 32 .. 64 are needed");
}

TEST(TokenKey, RefusesAFileThatLetsOthersIn) {
  const std::string secret(32, '!');
  EXPECT_EQ(error_of(secret, 0400), "none");
  EXPECT_EQ(error_of(secret, 0640), ": mode 0640 lets others in; make it 0600");
  EXPECT_EQ(error_of(secret, 0604), ": mode 0604 lets others in; make it 0600");
}

TEST(TokenKey, RefusesWhatIsNoFile) {
  const auto missing = TokenKey::load("/nowhere/key");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), "open token key /nowhere/key: No such file or directory");
  const auto folder = TokenKey::load("/proc");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error(), "token key /proc: is no regular file");
}

TEST(TokenKey, IsAnotherOneEachTime) {
  EXPECT_NE(TokenKey::random().mac(bytes_of_text("message")), TokenKey::random().mac(bytes_of_text("message")));
}

TEST(TokenKey, SignsTheSameAfterAMove) {
  auto key = TokenKey::random();
  const auto mac = key.mac(bytes_of_text("message"));
  const TokenKey moved = std::move(key);
  EXPECT_EQ(moved.mac(bytes_of_text("message")), mac);
  EXPECT_NE(moved.mac(bytes_of_text("another")), mac);
}

}  // namespace
}  // namespace tickwire::game
