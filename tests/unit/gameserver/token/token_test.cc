// SPDX-License-Identifier: Apache-2.0
#include "gameserver/token/token.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "gameserver/token/random.h"

namespace tickwire::game {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

Token a_token() {
  return {.audience = Audience::kWorld,
          .expires_unix_s = 1000,
          .account = 0x0102030405060708,
          .match = 0x11121314,
          .mode = GameMode::kLockstep,
          .rating = -2,
          .name = player_name_of("alice"),
          .id = 0x2122232425262728};
}

// Bytes that were not signed by sign(), with a signature that is right all the same.
SignedToken sealed(const TokenKey& key, SignedToken token) {
  std::ranges::copy(key.mac(std::span(token).first(47)), token.begin() + 47);
  return token;
}

TEST(Token, ComesBackAsItWasSigned) {
  const auto key = TokenKey::random();
  EXPECT_EQ(verify(key, sign(key, a_token()), Audience::kWorld, seconds(999)), a_token());
}

TEST(Token, KeepsTheLargestValues) {
  const auto key = TokenKey::random();
  Token token = a_token();
  token.expires_unix_s = std::numeric_limits<std::uint32_t>::max();
  token.account = token.id = std::numeric_limits<std::uint64_t>::max();
  token.match = std::numeric_limits<std::uint32_t>::max();
  token.rating = std::numeric_limits<std::int32_t>::min();
  token.name = player_name_of("sixteen-letters.");
  EXPECT_EQ(verify(key, sign(key, token), Audience::kWorld, seconds(0)), token);
}

TEST(Token, HasTheDocumentedBytes) {
  const auto token = sign(TokenKey::random(), a_token());
  const std::vector<unsigned> expected = {
      1,   2,   0,   0,   0x03, 0xe8, 1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 1,    0xff, 0xff, 0xff, 0xfe, 'a',
      'l', 'i', 'c', 'e', 0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0,    0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28};
  ASSERT_EQ(expected.size(), 47U);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(std::to_integer<unsigned>(token[i]), expected[i]) << "byte " << i;
}

TEST(Token, IsForgedWhenAnyBitIsChanged) {
  const auto key = TokenKey::random();
  const auto good = sign(key, a_token());
  for (std::size_t bit = 8; bit < kTokenBytes * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] ^= std::byte{1} << (bit % 8);
    const auto outcome = verify(key, bad, Audience::kWorld, seconds(0));
    ASSERT_FALSE(outcome) << "bit " << bit;
    EXPECT_EQ(outcome.error(), TokenFault::kForged) << "bit " << bit;
  }
}

TEST(Token, OfAnotherKeyIsForged) {
  EXPECT_EQ(verify(TokenKey::random(), sign(TokenKey::random(), a_token()), Audience::kWorld, seconds(0)),
            std::unexpected(TokenFault::kForged));
}

TEST(Token, OfAnyOtherLengthIsMalformed) {
  const auto key = TokenKey::random();
  const auto good = sign(key, a_token());
  std::vector<std::byte> bytes(good.begin(), good.end());
  bytes.push_back(std::byte{0});
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    if (length == kTokenBytes) continue;
    EXPECT_EQ(verify(key, std::span(bytes).first(length), Audience::kWorld, seconds(0)), std::unexpected(TokenFault::kMalformed));
  }
}

TEST(Token, OfAnotherVersionIsMalformed) {
  const auto key = TokenKey::random();
  auto token = sign(key, a_token());
  token[0] = std::byte{2};
  EXPECT_EQ(verify(key, sealed(key, token), Audience::kWorld, seconds(0)), std::unexpected(TokenFault::kMalformed));
}

TEST(Token, WithAnUnknownModeIsMalformedThoughItsSignatureIsRight) {
  const auto key = TokenKey::random();
  auto token = sign(key, a_token());
  token[18] = std::byte{2};
  EXPECT_EQ(verify(key, sealed(key, token), Audience::kWorld, seconds(0)), std::unexpected(TokenFault::kMalformed));
  token[18] = std::byte{0};
  EXPECT_TRUE(verify(key, sealed(key, token), Audience::kWorld, seconds(0)));
}

TEST(Token, WithAnUnknownAudienceIsMalformedThoughItsSignatureIsRight) {
  const auto key = TokenKey::random();
  auto token = sign(key, a_token());
  for (const auto audience : {0, 3}) {
    token[1] = static_cast<std::byte>(audience);
    EXPECT_EQ(verify(key, sealed(key, token), static_cast<Audience>(audience), seconds(0)),
              std::unexpected(TokenFault::kMalformed));
  }
}

TEST(Token, IsForItsAudienceOnly) {
  const auto key = TokenKey::random();
  Token session = a_token();
  session.audience = Audience::kMatch;
  EXPECT_TRUE(verify(key, sign(key, session), Audience::kMatch, seconds(0)));
  EXPECT_EQ(verify(key, sign(key, session), Audience::kWorld, seconds(0)), std::unexpected(TokenFault::kAudience));
  EXPECT_EQ(verify(key, sign(key, a_token()), Audience::kMatch, seconds(0)), std::unexpected(TokenFault::kAudience));
}

TEST(Token, EndsAtItsSecond) {
  const auto key = TokenKey::random();
  const auto token = sign(key, a_token());
  EXPECT_TRUE(verify(key, token, Audience::kWorld, seconds(1000) - nanoseconds(1)));
  EXPECT_EQ(verify(key, token, Audience::kWorld, seconds(1000)), std::unexpected(TokenFault::kExpired));
}

TEST(Token, NamesItsFaults) {
  EXPECT_EQ(token_fault_name(TokenFault::kMalformed), "malformed");
  EXPECT_EQ(token_fault_name(TokenFault::kForged), "forged");
  EXPECT_EQ(token_fault_name(TokenFault::kAudience), "audience");
  EXPECT_EQ(token_fault_name(TokenFault::kExpired), "expired");
}

TEST(TokenText, ComesBackAsItWas) {
  // 256 of them hold every letter of the alphabet.
  for (int round = 0; round < 256; ++round) {
    SignedToken token{};
    fill_random(token);
    const std::string text = token_text(token);
    EXPECT_EQ(text.size(), 84U);
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos);
    EXPECT_EQ(parse_token_text(text), token);
  }
}

TEST(TokenText, UsesTheAlphabetThatUrlsTake) {
  SignedToken token{};
  token.fill(std::byte{0xff});
  EXPECT_EQ(token_text(token), std::string(84, '_'));
  token.fill(std::byte{0xfb});
  token[0] = std::byte{0xfb};
  EXPECT_EQ(token_text(token).substr(0, 4), "-_v7");
}

TEST(TokenText, TakesNothingElse) {
  SignedToken token{};
  fill_random(token);
  const std::string good = token_text(token);
  EXPECT_FALSE(parse_token_text(""));
  EXPECT_FALSE(parse_token_text(good.substr(0, 83)));
  EXPECT_FALSE(parse_token_text(good + "A"));
  for (const char letter : {'+', '/', '=', ' ', '\n', '\0', '\xff'}) {
    for (const std::size_t at : {0U, 40U, 83U}) {
      std::string bad = good;
      bad[at] = letter;
      EXPECT_FALSE(parse_token_text(bad)) << static_cast<int>(letter) << " at " << at;
    }
  }
}

TEST(Bearer, IsTheTokenBehindItsScheme) {
  const auto key = TokenKey::random();
  const std::string text = token_text(sign(key, a_token()));
  EXPECT_EQ(verify_bearer(key, "Bearer " + text, Audience::kWorld, seconds(0)), a_token());
  EXPECT_EQ(verify_bearer(key, "bearer " + text, Audience::kWorld, seconds(0)), a_token());
  EXPECT_EQ(verify_bearer(key, "Bearer " + text, Audience::kMatch, seconds(0)), std::unexpected(TokenFault::kAudience));
}

TEST(Bearer, IsMalformedWithoutOne) {
  const auto key = TokenKey::random();
  const std::string text = token_text(sign(key, a_token()));
  for (const std::string& bad : {std::string(), std::string("Bearer"), std::string("Bearer "), "Basic " + text, text,
                                 "Bearer  " + text, "Bearer " + text + " "}) {
    EXPECT_EQ(verify_bearer(key, bad, Audience::kWorld, seconds(0)), std::unexpected(TokenFault::kMalformed)) << bad;
  }
}

TEST(Random, IsNeverTheSameTwice) { EXPECT_NE(random_u64(), random_u64()); }

}  // namespace
}  // namespace tickwire::game
