// SPDX-License-Identifier: Apache-2.0
#include "unit/gameserver/snapshot/snapshot_values.h"

#include <fstream>
#include <iterator>

namespace tickwire::game {

std::vector<std::byte> dictionary_bytes() {
  std::ifstream file(TICKWIRE_SNAPSHOT_DICTIONARY, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace tickwire::game
