// What it owns: comparing an output with the file of golden/ that says how it must look.
// Who may use it: tests of export.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace tickwire::golden {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The text of golden/NAME. With TICKWIRE_UPDATE_GOLDEN in the environment it is `actual`, which is written there first: look at
// the difference before you commit it.
inline std::string expected(const std::string& name, const std::string& actual) {
  const std::string path = std::string(TICKWIRE_SOURCE_DIR) + "/tests/unit/export/golden/" + name;
  if (std::getenv("TICKWIRE_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << actual;
  return read_file(path);
}

}  // namespace tickwire::golden
