// SPDX-License-Identifier: Apache-2.0
// Every parse function on random text: it answers, and what it accepts it reads back from its own text.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/text.h"
#include "model/query.h"
#include "model/rule.h"
#include "tickwire/rule.h"

namespace tickwire::model {
namespace {

constexpr int kTexts = 50'000;

// Random bytes, or characters that the formats are made of, or a valid text with a few characters changed.
class Texts {
 public:
  std::string next() {
    static const std::vector<std::string> kValid{"192.0.2.1:7777",
                                                 "[2001:db8::1]:7777",
                                                 "2001:db8::/32",
                                                 "192.0.2.0/24",
                                                 "world=udp/7777",
                                                 "12.3",
                                                 "1.5ms",
                                                 "192.0.2.9:7777>192.0.2.1:4000",
                                                 "w: token=64:16 echo=80:16 delay=8:4:1us magic=0:8:0x7/15 frame=32:le:self"};
    static constexpr std::string_view kCharacters = "0123456789abcdef:./[]>=-udptcms token";
    std::string text;
    const auto kind = random_() % 3;
    if (kind == 0) {
      text.resize(random_() % 40);
      for (char& c : text) c = static_cast<char>(random_());
    } else if (kind == 1) {
      text.resize(random_() % 40);
      for (char& c : text) c = kCharacters[random_() % kCharacters.size()];
    } else {
      text = kValid[random_() % kValid.size()];
      for (auto changes = random_() % 3; changes > 0; --changes)
        text[random_() % text.size()] = kCharacters[random_() % kCharacters.size()];
    }
    return text;
  }

 private:
  std::mt19937_64 random_{20};
};

TEST(Parsers, ReadBackWhatTheyAcceptedFromItsOwnText) {
  Texts texts;
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = texts.next();
    if (const auto address = IpAddress::parse(text)) {
      ASSERT_EQ(IpAddress::parse(address->text()), *address) << text;
    }
    if (const auto endpoint = Endpoint::parse(text)) {
      ASSERT_EQ(Endpoint::parse(endpoint->text()), *endpoint) << text;
    }
    if (const auto id = ConnectionId::parse(text)) {
      ASSERT_EQ(ConnectionId::parse(id->text()), *id) << text;
    }
  }
}

TEST(Parsers, AcceptOnlyWhatIsInRange) {
  Texts texts;
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = texts.next();
    if (const auto duration = parse_duration(text)) {
      ASSERT_GE(duration->count(), 0) << text;
      ASSERT_LE(*duration, std::chrono::hours(24)) << text;
    }
    if (const auto number = parse_number(text, 5, 500)) {
      ASSERT_GE(*number, 5U) << text;
      ASSERT_LE(*number, 500U) << text;
    }
    if (const auto cidr = Cidr::parse(text)) {
      ASSERT_LE(cidr->length, 128U) << text;
      ASSERT_TRUE(cidr->contains(cidr->address)) << text;
    }
    if (const auto service = ServiceId::parse(text)) {
      ASSERT_GE(service->port, 1) << text;
      ASSERT_FALSE(service->name.empty()) << text;
    }
    if (const auto rule = Rule::parse(text)) {
      for (const RuleField& field : {rule->token[0], rule->token[1], rule->echo[0], rule->echo[1]}) {
        ASSERT_GE(field.width_bits, 1) << text;
        ASSERT_LE(field.width_bits, TW_FIELD_WIDTH_MAX) << text;
        ASSERT_LE(field.offset_bits + field.width_bits, TW_FIELD_END_MAX) << text;
      }
    }
  }
}

TEST(Parsers, AnswerToAnyQuery) {
  static const std::vector<std::string> kNames{"service", "port",           "remote", "proto", "state",
                                               "min_rtt", "min_turnaround", "sort",   "limit"};
  Texts texts;
  const Snapshot empty;
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = texts.next();
    const auto query = ConnectionQuery::parse({{kNames[static_cast<std::size_t>(i) % kNames.size()], text}});
    if (!query) {
      ASSERT_EQ(query.error().failure, Failure::kUsage) << text;
    }
    ASSERT_EQ(find_connection(empty, text).error().failure, Failure::kUsage) << text;
  }
}

TEST(Parsers, RefuseAVeryLongText) {
  const std::string digits(1'000'000, '1');
  const std::string colons(1'000'000, ':');
  for (const std::string& text : {digits, colons}) {
    EXPECT_FALSE(parse_duration(text + "ms"));
    EXPECT_FALSE(parse_number(text, 0, 1000));
    EXPECT_FALSE(IpAddress::parse(text));
    EXPECT_FALSE(Endpoint::parse(text));
    EXPECT_FALSE(Cidr::parse(text));
    EXPECT_FALSE(ServiceId::parse(text));
    EXPECT_FALSE(Rule::parse(text));
    EXPECT_FALSE(Rule::parse("w: token=" + text));
    EXPECT_FALSE(ConnectionId::parse(text));
  }
}

}  // namespace
}  // namespace tickwire::model
