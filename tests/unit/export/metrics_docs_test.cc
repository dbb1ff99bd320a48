// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <set>

#include "base/text.h"
#include "export/metrics.h"
#include "unit/export/golden.h"
#include "unit/export/sample_stages.h"

namespace tickwire::exporting {
namespace {

std::vector<prometheus::MetricFamily> all_families() {
  const model::Snapshot snapshot = sample::staged_snapshot();
  auto families = service_families(snapshot);
  for (auto& family : connection_families(snapshot, 1000)) families.push_back(std::move(family));
  families.push_back(http_family({}));
  return families;
}

// The rows "| `name` | type | labels | meaning |" of docs/metrics.md, cells without spaces around them.
std::vector<std::vector<std::string>> documented() {
  const std::string page = golden::project_file("docs/metrics.md");
  std::vector<std::vector<std::string>> rows;
  for (const std::string_view line : split(page, '\n')) {
    if (!line.starts_with("| `tickwire_")) continue;
    std::vector<std::string> cells;
    for (const std::string_view cell : split(line, '|')) cells.emplace_back(trim(cell));
    rows.push_back(std::move(cells));
  }
  return rows;
}

TEST(FamilyRows, AreTheFamiliesThatTheSampleHas) {
  std::map<std::string, std::string> given;
  for (const prometheus::MetricFamily& family : all_families())
    EXPECT_TRUE(given.emplace(family.name, family.help).second) << family.name;
  std::map<std::string, std::string> rows;
  for (const FamilyRow& row : family_rows()) EXPECT_TRUE(rows.emplace(row.name, row.help).second) << row.name;
  EXPECT_EQ(given, rows);
}

TEST(MetricsDocs, NameEveryFamilyAndNoOther) {
  std::set<std::pair<std::string, std::string>> given;
  for (const FamilyRow& row : family_rows()) given.emplace('`' + row.name + '`', row.type);
  std::set<std::pair<std::string, std::string>> page;
  for (const auto& cells : documented()) page.emplace(cells.at(1), cells.at(2));
  EXPECT_EQ(page, given);
}

TEST(MetricsDocs, NameTheLabelsOfEveryFamily) {
  std::map<std::string, std::string> given;
  for (const prometheus::MetricFamily& family : all_families()) {
    std::string labels;
    for (const auto& label : family.metric.at(0).label) labels += (labels.empty() ? "" : ", ") + label.name;
    given['`' + family.name + '`'] = labels;
  }
  std::map<std::string, std::string> page;
  for (const auto& cells : documented()) page[cells.at(1)] = cells.at(3);
  EXPECT_EQ(page, given);
}

TEST(MetricsText, PassesPromtoolWithoutAWord) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool is missing: install the package prometheus";
  const std::string path = testing::TempDir() + "tickwire_metrics_" + std::to_string(::getpid()) + ".txt";
  std::ofstream(path) << metrics_text(all_families());
  std::FILE* pipe = ::popen(("promtool check metrics < " + path + " 2>&1").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string said;
  for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe)) said += static_cast<char>(letter);
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(said, "");
  std::remove(path.c_str());
}

}  // namespace
}  // namespace tickwire::exporting
