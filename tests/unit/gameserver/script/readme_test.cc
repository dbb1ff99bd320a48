// SPDX-License-Identifier: Apache-2.0
// What gameserver/resources/README.md says is so.
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "gameserver/resources/resource.h"
#include "gameserver/resources/world_config.h"
#include "gameserver/script/rule.h"

namespace tickwire::game {
namespace {

std::string readme() {
  const std::ifstream file(TICKWIRE_SOURCE_DIR "/gameserver/resources/README.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Row {
  std::string key;
  int standard;
  int least;
  int most;
};

std::vector<Row> rows(const std::string& text) {
  static const std::regex row(R"(\| `([a-z_.]+)`[^|]*\| (\d+) \| (\d+) - (\d+) \|)");
  std::vector<Row> found;
  for (std::sregex_iterator i(text.begin(), text.end(), row), end; i != end; ++i) {
    found.push_back({(*i)[1], std::stoi((*i)[2]), std::stoi((*i)[3]), std::stoi((*i)[4])});
  }
  return found;
}

// A world.json of this one value.
Result<WorldConfig> with(const std::string& key, int value) {
  const std::size_t dot = key.find('.');
  if (dot == key.npos) return parse_world_config(fmt::format(R"({{"{}": {}}})", key, value));
  return parse_world_config(fmt::format(R"({{"{}": {{"{}": {}}}}})", key.substr(0, dot), key.substr(dot + 1), value));
}

TEST(Readme, SaysTheDefaultAndTheRangeOfEachKey) {
  const auto documented = rows(readme());
  EXPECT_EQ(documented.size(), 7U);
  for (const Row& row : documented) {
    EXPECT_EQ(with(row.key, row.standard), WorldConfig{}) << row.key;
    EXPECT_TRUE(with(row.key, row.least)) << row.key;
    EXPECT_TRUE(with(row.key, row.most)) << row.key;
    EXPECT_FALSE(with(row.key, row.least - 1)) << row.key;
    EXPECT_FALSE(with(row.key, row.most + 1)) << row.key;
  }
}

TEST(Readme, NamesEachResource) {
  for (const ResourceId id : kResourceIds) {
    EXPECT_NE(readme().find(fmt::format("| `{}` |", resource_name(id))), std::string::npos) << resource_name(id);
  }
}

TEST(Readme, HasAnExampleThatWorks) {
  const std::string text = readme();
  const std::string_view opening = "```lua\n";
  const std::size_t begin = text.find(opening);
  ASSERT_NE(begin, text.npos);
  const std::size_t end = text.find("```", begin + opening.size());
  Rule rule("README.md");
  const auto loaded = rule.load(text.substr(begin + opening.size(), end - begin - opening.size()));
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(rule.check({.lasted = std::chrono::seconds(1), .chats = 3}), Verdict{});
  EXPECT_EQ(rule.check({.lasted = std::chrono::seconds(1), .chats = 4}),
            (Verdict{.action = RuleAction::kWarn, .reason = "4 lines of chat at once"}));
}

}  // namespace
}  // namespace tickwire::game
