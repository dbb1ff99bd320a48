// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/handshake.h"

#include <gtest/gtest.h>

#include <vector>

namespace tickwire::game {
namespace {

const std::vector<std::string> kNoOthers;

TEST(Origin, IsAbsentWhenNoBrowserAsks) { EXPECT_TRUE(origin_allowed("", "game.example:8080", kNoOthers)); }

TEST(Origin, MayBeOfTheSameHostAndPort) {
  EXPECT_TRUE(origin_allowed("http://game.example:8080", "game.example:8080", kNoOthers));
  EXPECT_TRUE(origin_allowed("https://Game.Example", "game.example", kNoOthers));
}

TEST(Origin, MayNotBeOfAnotherHostOrPort) {
  EXPECT_FALSE(origin_allowed("http://game.example:8081", "game.example:8080", kNoOthers));
  EXPECT_FALSE(origin_allowed("http://evil.example", "game.example", kNoOthers));
  EXPECT_FALSE(origin_allowed("http://game.example.evil.example", "game.example", kNoOthers));
}

TEST(Origin, MayNotBeHidden) {
  EXPECT_FALSE(origin_allowed("null", "game.example", kNoOthers));
  EXPECT_FALSE(origin_allowed("null", "null", kNoOthers));
}

TEST(Origin, MayBeNamedByTheOperator) {
  const std::vector<std::string> others{"https://play.example"};
  EXPECT_TRUE(origin_allowed("https://play.example", "game.example", others));
  EXPECT_TRUE(origin_allowed("HTTPS://PLAY.example", "game.example", others));
  EXPECT_FALSE(origin_allowed("http://play.example", "game.example", others));
  EXPECT_FALSE(origin_allowed("https://play.example:444", "game.example", others));
}

TEST(WebSocketKey, Is16BytesInBase64) {
  EXPECT_TRUE(is_websocket_key("dGhlIHNhbXBsZSBub25jZQ=="));
  EXPECT_TRUE(is_websocket_key("+/+/+/+/+/+/+/+/+/+/+w=="));
  EXPECT_FALSE(is_websocket_key(""));
  EXPECT_FALSE(is_websocket_key("dGhlIHNhbXBsZSBub25jZQ"));
  EXPECT_FALSE(is_websocket_key("dGhlIHNhbXBsZSBub25jZQ= "));
  EXPECT_FALSE(is_websocket_key("dGhl-HNhbXBsZSBub25jZQ=="));
  EXPECT_FALSE(is_websocket_key("dGhlIHNhbXBsZSBub25jZSEAAAA=="));
}

// One of RFC 6455 1.2.
Handshake good() {
  return {.version = "13", .key = "dGhlIHNhbXBsZSBub25jZQ==", .origin = "", .host = "server.example.com", .alone = true};
}

TEST(Handshake, IsTakenWhenAllOfItIsRight) { EXPECT_EQ(check_handshake(good(), kNoOthers), std::nullopt); }

TEST(Handshake, IsOfVersion13) {
  auto other = good();
  other.version = "8";
  EXPECT_EQ(check_handshake(other, kNoOthers), HandshakeError::kOtherVersion);
  other.version = std::nullopt;
  EXPECT_EQ(check_handshake(other, kNoOthers), HandshakeError::kOtherVersion);
  const auto refusal = handshake_refusal(HandshakeError::kOtherVersion);
  EXPECT_EQ(refusal.status, 426U);
  EXPECT_EQ(refusal.headers.front(), (std::pair<std::string, std::string>("Sec-WebSocket-Version", "13")));
}

TEST(Handshake, HasOneKey) {
  auto other = good();
  other.key = std::nullopt;
  EXPECT_EQ(check_handshake(other, kNoOthers), HandshakeError::kMalformed);
  other.key = "short";
  EXPECT_EQ(check_handshake(other, kNoOthers), HandshakeError::kMalformed);
  EXPECT_EQ(handshake_refusal(HandshakeError::kMalformed).status, 400U);
}

TEST(Handshake, HasNothingBehindIt) {
  auto other = good();
  other.alone = false;
  EXPECT_EQ(check_handshake(other, kNoOthers), HandshakeError::kMalformed);
}

TEST(Handshake, IsOfAnOriginThatMayPlay) {
  auto other = good();
  other.origin = "https://evil.example";
  EXPECT_EQ(check_handshake(other, kNoOthers), HandshakeError::kOrigin);
  other.origin = "https://server.example.com";
  EXPECT_EQ(check_handshake(other, kNoOthers), std::nullopt);
  other.origin = std::nullopt;
  EXPECT_EQ(check_handshake(other, kNoOthers), HandshakeError::kMalformed);
  EXPECT_EQ(handshake_refusal(HandshakeError::kOrigin).status, 403U);
}

}  // namespace
}  // namespace tickwire::game
