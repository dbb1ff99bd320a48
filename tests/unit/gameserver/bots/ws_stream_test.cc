// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/ws_stream.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "gameserver/bots/ws_handshake.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {
namespace {

// RFC 6455, section 1.3.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string response(std::string_view accept) {
  return fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
      accept);
}

std::string error_of(std::string head) {
  const auto checked = check_ws_response(head, kKey);
  return checked ? "" : checked.error();
}

std::string without(std::string text, std::string_view part) { return text.erase(text.find(part), part.size()); }

TEST(WsHandshake, AcceptsTheKeyAsTheRfcDoes) { EXPECT_EQ(ws_accept_of(kKey), kAccept); }

TEST(WsHandshake, MakesKeysOf16Bytes) {
  const auto key = make_ws_key();
  EXPECT_EQ(key.size(), 24U);
  EXPECT_TRUE(key.ends_with("=="));
  EXPECT_NE(key, make_ws_key());
}

TEST(WsHandshake, AsksForVersion13) {
  const auto request = ws_request("192.0.2.1:8080", kKey);
  EXPECT_TRUE(request.starts_with("GET /ws HTTP/1.1\r\nHost: 192.0.2.1:8080\r\n"));
  EXPECT_NE(request.find("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"), std::string::npos);
}

TEST(WsHandshake, TakesNamesOfHeadersInAnyCase) {
  EXPECT_EQ(error_of(response(kAccept)), "");
  EXPECT_EQ(error_of("HTTP/1.1 101 x\r\nUPGRADE:WebSocket \r\nconnection: keep-alive, Upgrade\r\n"
                     "sec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
            "");
}

TEST(WsHandshake, SaysWhatIsWrongWithAnAnswer) {
  EXPECT_EQ(error_of("HTTP/1.1 403 Forbidden\r\n\r\n"), "the server refused the upgrade: HTTP 403");
  EXPECT_EQ(error_of("SSH-2.0-x\r\n\r\n"), "the server's answer to the upgrade has no status line of HTTP/1.1");
  EXPECT_EQ(error_of(response("s3pPLMBiTxaQ9kYGzzhZRbK+xOO=")),
            "the server's answer to the upgrade has another Sec-WebSocket-Accept");
  EXPECT_EQ(error_of(without(response(kAccept), "Upgrade: websocket\r\n")),
            "the server's answer to the upgrade has no Upgrade: websocket");
  EXPECT_EQ(error_of(without(response(kAccept), "Connection: Upgrade\r\n")),
            "the server's answer to the upgrade has no Connection: Upgrade");
}

TEST(WsHandshake, RefusesWhatWasNotAskedFor) {
  const auto with = [](std::string_view header) {
    return error_of(response(kAccept).insert(std::strlen("HTTP/1.1 101 Switching Protocols\r\n"), header));
  };
  EXPECT_EQ(with("Sec-WebSocket-Extensions: permessage-deflate\r\n"), "the server's answer to the upgrade has an extension");
  EXPECT_EQ(with("Sec-WebSocket-Protocol: chat\r\n"), "the server's answer to the upgrade has a subprotocol");
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

// A stream and the server's side of it.
class WsStreamTest : public testing::Test {
 protected:
  WsStreamTest() {
    const std::string request = take_output();
    constexpr std::string_view kName = "Sec-WebSocket-Key: ";
    key_ = request.substr(request.find(kName) + kName.size(), 24);
  }
  // What the stream sends.
  std::string take_output() {
    const auto output = stream_.output();
    std::string text(reinterpret_cast<const char*>(output.data()), output.size());
    stream_.sent(output.size());
    return text;
  }
  // The error; empty: none.
  std::string feed(std::string_view text) {
    const auto fed = stream_.feed(bytes_of(text), [this](std::span<const std::byte> message) {
      messages_.emplace_back(reinterpret_cast<const char*>(message.data()), message.size());
    });
    return fed ? "" : fed.error();
  }
  void open() { ASSERT_EQ(feed(response(ws_accept_of(key_))), ""); }
  // A frame as a server sends it, at most 125 bytes.
  static std::string frame(unsigned first_byte, std::string_view payload) {
    return std::string{static_cast<char>(first_byte), static_cast<char>(payload.size())} + std::string(payload);
  }
  // The payload of a frame of the client's, at most 125 bytes, that is all of text.
  static std::string unmasked(const std::string& text) {
    if (text.size() < 6 || (text[1] & 0x80) == 0) return "not masked";
    std::string payload = text.substr(6);
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ text[2 + i % 4]);
    return payload;
  }

  WsStream stream_{"192.0.2.1:8080"};
  std::string key_;
  std::vector<std::string> messages_;
};

TEST_F(WsStreamTest, OpensWhenTheWholeAnswerHasCome) {
  const auto answer = response(ws_accept_of(key_));
  for (const char byte : answer.substr(0, answer.size() - 1)) {
    ASSERT_EQ(feed({&byte, 1}), "");
    ASSERT_FALSE(stream_.is_open());
  }
  EXPECT_EQ(feed("\n"), "");
  EXPECT_TRUE(stream_.is_open());
}

TEST_F(WsStreamTest, StaysClosedAfterAnotherKeysAnswer) {
  EXPECT_EQ(feed(response(kAccept)), "the server's answer to the upgrade has another Sec-WebSocket-Accept");
  EXPECT_FALSE(stream_.is_open());
}

TEST_F(WsStreamTest, TakesAMessageThatComesWithTheAnswer) {
  EXPECT_EQ(feed(response(ws_accept_of(key_)) + frame(0x82, "first")), "");
  EXPECT_EQ(messages_, std::vector<std::string>{"first"});
}

TEST_F(WsStreamTest, GivesUpAnAnswerWithoutEnd) {
  const std::string junk(WsStream::kMostHeadBytes, 'x');
  EXPECT_EQ(feed(junk), "");
  EXPECT_EQ(feed("x"), "the server's answer to the upgrade has no end");
}

TEST_F(WsStreamTest, PutsFragmentsTogether) {
  open();
  EXPECT_EQ(feed(frame(0x02, "one ")), "");
  EXPECT_EQ(feed(frame(0x00, "mess") + frame(0x80, "age") + frame(0x82, "another")), "");
  EXPECT_EQ(messages_, (std::vector<std::string>{"one message", "another"}));
}

TEST_F(WsStreamTest, MasksWhatItSends) {
  open();
  EXPECT_EQ(stream_.send(bytes_of("hello")), 11U);
  const auto sent = take_output();
  EXPECT_EQ(static_cast<unsigned char>(sent[0]), 0x82U);
  EXPECT_EQ(static_cast<unsigned char>(sent[1]), 0x85U);
  EXPECT_EQ(unmasked(sent), "hello");
}

TEST_F(WsStreamTest, AnswersAPingWithWhatWasInIt) {
  open();
  EXPECT_EQ(feed(frame(0x89, "are you there")), "");
  const auto sent = take_output();
  EXPECT_EQ(static_cast<unsigned char>(sent[0]), 0x8aU);
  EXPECT_EQ(unmasked(sent), "are you there");
  EXPECT_EQ(stream_.pings(), 1U);
}

TEST_F(WsStreamTest, EndsWhenTheServerClosesAndSaysWhy) {
  open();
  EXPECT_EQ(feed(frame(0x88, "\x03\xf0slow\x1b")), "the server closed the connection: 1008 slow?");
  EXPECT_EQ(static_cast<unsigned char>(take_output()[0]), 0x88U);
}

TEST_F(WsStreamTest, EndsWhenTheServerMasksAFrame) {
  open();
  EXPECT_EQ(feed(std::string("\x82\x81\x00\x00\x00\x00x", 7)), "the server broke the WebSocket protocol: 1002");
  EXPECT_TRUE(messages_.empty());
}

TEST_F(WsStreamTest, EndsWhenAMessageIsTooLong) {
  open();
  EXPECT_EQ(feed(std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x01x", 11)), "the server broke the WebSocket protocol: 1009");
}

TEST_F(WsStreamTest, EndsWhenPingsAreNotTakenAnswersOf) {
  open();
  const auto ping = frame(0x89, std::string(100, 'p'));
  std::string error;
  for (std::size_t i = 0; i < 1'000 && error.empty(); ++i) error = feed(ping);
  EXPECT_EQ(error, "the server pings and takes no answer");
  EXPECT_LE(stream_.output().size(), WsStream::kMostOutput + 200);
}

TEST_F(WsStreamTest, SendsNothingAfterItsClose) {
  open();
  EXPECT_EQ(stream_.close(1000), 8U);
  EXPECT_EQ(stream_.send(bytes_of("late")), 0U);
}

TEST(WsStream, KnowsTheLengthOfAServersFrame) {
  EXPECT_EQ(WsStream::frame_bytes(125), 127U);
  EXPECT_EQ(WsStream::frame_bytes(126), 130U);
  EXPECT_EQ(WsStream::frame_bytes(65'535), 65'539U);
  EXPECT_EQ(WsStream::frame_bytes(65'536), 65'546U);
}

}  // namespace
}  // namespace tickwire::game
