// What it owns: a log of JSON lines that a test reads back.
// Who may use it: the tests of gameserver/.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tickwire::game {

// A path that is no file yet, and is none any more at the end.
class TemporaryPath {
 public:
  explicit TemporaryPath(const std::string& name)
      : path_((std::filesystem::path(testing::TempDir()) / (name + std::to_string(::getpid()))).string()) {}
  TemporaryPath(const TemporaryPath&) = delete;
  TemporaryPath& operator=(const TemporaryPath&) = delete;
  ~TemporaryPath() { std::filesystem::remove(path_); }
  [[nodiscard]] const std::string& text() const { return path_; }

 private:
  std::string path_;
};

[[nodiscard]] inline std::vector<nlohmann::json> log_lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace tickwire::game
