// What it owns: which resources there are.
// Who may use it: resources/ and who reads a resource.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tickwire::game {

enum class ResourceId : std::uint8_t {
  kWorld,               // world.json, see world_config.h
  kAntiCheat,           // rules/anti_cheat.lua
  kSnapshotDictionary,  // snapshot.dict: a zstd dictionary; empty: none is used
};
inline constexpr std::size_t kResourceCount = 3;
inline constexpr std::array kResourceIds{ResourceId::kWorld, ResourceId::kAntiCheat, ResourceId::kSnapshotDictionary};
static_assert(kResourceIds.size() == kResourceCount);

// A resource of more bytes is refused.
inline constexpr std::size_t kMaxResourceBytes = 1024 * 1024;

// The path below the override directory, which is also the name in messages and metrics.
[[nodiscard]] constexpr std::string_view resource_name(ResourceId id) {
  constexpr std::array<std::string_view, kResourceCount> kNames{"world.json", "rules/anti_cheat.lua", "snapshot.dict"};
  return kNames[static_cast<std::size_t>(id)];
}

}  // namespace tickwire::game
