// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/dictionary.h"

#include <span>

#include "gameserver/resources/resource_set.h"

namespace tickwire::game {

Result<std::shared_ptr<const SnapshotDictionary>> load_dictionary(const std::string& resources_directory) {
  const auto resources = ResourceSet::load(resources_directory);
  if (!resources) return std::unexpected(resources.error());
  const std::string& bytes = (*resources)[ResourceId::kSnapshotDictionary].bytes;
  if (bytes.empty()) return nullptr;
  return SnapshotDictionary::make(std::as_bytes(std::span(bytes)));
}

}  // namespace tickwire::game
