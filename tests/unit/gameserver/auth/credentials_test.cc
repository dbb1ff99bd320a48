// SPDX-License-Identifier: Apache-2.0
#include "gameserver/auth/credentials.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "gameserver/auth/password_hash.h"

namespace tickwire::game {
namespace {

static_assert(!std::is_copy_constructible_v<Password> && !std::is_convertible_v<Password, std::string_view>);

constexpr ScryptCost kCheap{.log2_n = 1, .r = 1, .p = 1};

std::vector<std::byte> hashed(const char* password, ScryptCost cost = kCheap) {
  auto hash = hash_password(Password(password), cost);
  EXPECT_TRUE(hash);
  return hash ? *hash : std::vector<std::byte>{};
}

std::string first_bytes(std::string_view password, std::string_view salt, ScryptCost cost) {
  const auto key = scrypt(password, std::as_bytes(std::span(salt)), cost);
  if (!key) return key.error();
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) text += fmt::format("{:02x}", std::to_integer<unsigned>((*key)[i]));
  return text;
}

TEST(Name, KeepsToItsRule) {
  EXPECT_TRUE(check_name("abc"));
  EXPECT_TRUE(check_name("Az09_-Az09_-123"));
  EXPECT_FALSE(check_name(""));
  EXPECT_FALSE(check_name("ab"));
  EXPECT_FALSE(check_name("Az09_-Az09_-1234"));
  for (const char* name : {"a b", "a.b", "a/b", "a'b", "\xc3\xa4\xc3\xb6", "a\nb"}) EXPECT_FALSE(check_name(name)) << name;
  EXPECT_EQ(check_name("ab").error(), "a name has 3 .. 15 of A-Z a-z 0-9 _ -");
}

TEST(Password, HasALengthWithinBounds) {
  EXPECT_TRUE(check_password_length(Password(std::string(8, 'x'))));
  EXPECT_TRUE(check_password_length(Password(std::string(128, '\0'))));
  EXPECT_FALSE(check_password_length(Password(std::string(7, 'x'))));
  EXPECT_EQ(check_password_length(Password(std::string(129, 'x'))).error(), "a password has 8 .. 128 bytes");
}

TEST(Password, IsGoneFromWhereItWasMoved) {
  for (const char* text : {"short", "longer than what a string holds in itself"}) {
    Password from{std::string(text)};
    const Password to = std::move(from);
    EXPECT_EQ(to.reveal(), text);
    const std::string zeros(to.reveal().size(), '\0');
    EXPECT_EQ(from.reveal(), zeros);  // NOLINT(bugprone-use-after-move): this is what is promised
  }
}

TEST(Region, KeepsToItsRule) {
  EXPECT_TRUE(check_region(""));
  EXPECT_TRUE(check_region("eu-central_1"));
  EXPECT_TRUE(check_region(std::string(32, 'x')));
  EXPECT_EQ(check_region(std::string(33, 'x')).error(), "a region has up to 32 of A-Z a-z 0-9 _ -");
  EXPECT_FALSE(check_region("eu\"}"));
}

// RFC 7914, section 12; of 64 bytes the first 8.
TEST(Scrypt, FollowsTheRfc) {
  EXPECT_EQ(first_bytes("", "", {.log2_n = 4, .r = 1, .p = 1}), "77d6576238657b20");
  EXPECT_EQ(first_bytes("password", "NaCl", {.log2_n = 10, .r = 8, .p = 16}), "fdbabe1c9d347200");
  EXPECT_EQ(first_bytes("pleaseletmein", "SodiumChloride", {.log2_n = 14, .r = 8, .p = 1}), "7023bdcb3afd7348");
}

TEST(Scrypt, RefusesACostOutOfBounds) {
  EXPECT_EQ(first_bytes("", "", {.log2_n = 0, .r = 1, .p = 1}), "scrypt N=2^0 r=1 p=1: out of bounds");
  EXPECT_EQ(first_bytes("", "", {.log2_n = 4, .r = 0, .p = 1}), "scrypt N=2^4 r=0 p=1: out of bounds");
  EXPECT_EQ(first_bytes("", "", {.log2_n = 4, .r = 1, .p = 17}), "scrypt N=2^4 r=1 p=17: out of bounds");
  EXPECT_EQ(first_bytes("", "", {.log2_n = 17, .r = 8, .p = 1}), "scrypt N=2^17 r=8 p=1: out of bounds");
  EXPECT_EQ(first_bytes("", "", {.log2_n = 255, .r = 255, .p = 1}), "scrypt N=2^255 r=255 p=1: out of bounds");
}

TEST(PasswordHash, KnowsItsPassword) {
  const auto hash = hashed("correct horse");
  EXPECT_EQ(hash.size(), kPasswordHashBytes);
  EXPECT_EQ(is_password(Password("correct horse"), hash), true);
  EXPECT_EQ(is_password(Password("correct hors"), hash), false);
  EXPECT_EQ(is_password(Password("correct horse "), hash), false);
  EXPECT_EQ(is_password(Password(""), hash), false);
}

TEST(PasswordHash, IsAnotherOneEachTime) { EXPECT_NE(hashed("correct horse"), hashed("correct horse")); }

TEST(PasswordHash, CarriesItsCost) {
  const auto cheap = hashed("correct horse");
  const auto dear = hashed("correct horse", {.log2_n = 5, .r = 2, .p = 3});
  EXPECT_EQ(std::vector(dear.begin(), dear.begin() + 4), (std::vector{std::byte{1}, std::byte{5}, std::byte{2}, std::byte{3}}));
  EXPECT_EQ(is_password(Password("correct horse"), cheap), true);
  EXPECT_EQ(is_password(Password("correct horse"), dear), true);
}

TEST(PasswordHash, OfAnotherFormIsAnError) {
  const auto good = hashed("correct horse");
  auto short_one = good;
  short_one.pop_back();
  EXPECT_EQ(is_password(Password("correct horse"), short_one), std::unexpected("password hash of 51 bytes: of no known form"));
  auto newer = good;
  newer[0] = std::byte{2};
  EXPECT_EQ(is_password(Password("correct horse"), newer), std::unexpected("password hash of 52 bytes: of no known form"));
  auto hungry = good;
  hungry[1] = std::byte{20};
  hungry[2] = std::byte{255};
  EXPECT_EQ(is_password(Password("correct horse"), hungry), std::unexpected("scrypt N=2^20 r=255 p=1: out of bounds"));
  EXPECT_FALSE(is_password(Password("correct horse"), {}));
}

}  // namespace
}  // namespace tickwire::game
