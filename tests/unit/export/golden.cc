// SPDX-License-Identifier: Apache-2.0
#include "unit/export/golden.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tickwire::golden {

std::string project_file(const std::string& path) {
  const std::ifstream file(std::string(TICKWIRE_SOURCE_DIR) + '/' + path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string expected(const std::string& name, const std::string& actual) {
  const std::string path = "tests/unit/export/golden/" + name;
  if (std::getenv("TICKWIRE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(std::string(TICKWIRE_SOURCE_DIR) + '/' + path, std::ios::binary) << actual;
  }
  return project_file(path);
}

}  // namespace tickwire::golden
