// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/game_resources.h"

#include <fmt/ranges.h>

#include <span>
#include <utility>

namespace tickwire::game {

Result<std::unique_ptr<GameResources>> GameResources::open(const std::string& directory) {
  auto loaded = load(directory);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  std::shared_ptr<const SnapshotDictionary> dictionary;
  const std::string& bytes = loaded->set[ResourceId::kSnapshotDictionary].bytes;
  if (!bytes.empty()) {
    auto made = SnapshotDictionary::make(std::as_bytes(std::span(bytes)));
    if (!made) return std::unexpected(fmt::format("{}: {}", resource_name(ResourceId::kSnapshotDictionary), made.error()));
    dictionary = std::move(*made);
  }
  return std::unique_ptr<GameResources>(new GameResources(directory, std::move(*loaded), std::move(dictionary)));
}

Result<GameResources::Loaded> GameResources::load(const std::string& directory) {
  auto set = ResourceSet::load(directory);
  if (!set) return std::unexpected(std::move(set.error()));
  auto world = parse_world_config((*set)[ResourceId::kWorld].bytes);
  if (!world) return std::unexpected(std::move(world.error()));
  return Loaded{.set = std::move(*set), .world = *world};
}

Result<void> GameResources::reload() {
  auto loaded = load(directory_);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  const std::lock_guard lock(mutex_);
  loaded_ = std::move(*loaded);
  return {};
}

WorldConfig GameResources::world() const {
  const std::lock_guard lock(mutex_);
  return loaded_.world;
}

std::string GameResources::anti_cheat() const {
  const std::lock_guard lock(mutex_);
  return loaded_.set[ResourceId::kAntiCheat].bytes;
}

std::string GameResources::unknown_files() const {
  const std::lock_guard lock(mutex_);
  const auto& unknown = loaded_.set.unknown_files();
  if (unknown.count == 0) return "";
  return fmt::format("{} of {} files in {} are no resources: {}", unknown.names.size(), unknown.count, directory_,
                     fmt::join(unknown.names, ", "));
}

MetricFamilies GameResources::families() const {
  const std::lock_guard lock(mutex_);
  std::vector<MetricSample> samples;
  for (const auto id : kResourceIds) {
    const auto& resource = loaded_.set[id];
    samples.push_back({.labels = {{"name", std::string(resource_name(id))},
                                  {"sha256", sha256_text(resource)},
                                  {"origin", std::string(origin_name(resource.origin))}},
                       .value = 1});
  }
  return {gauge_family("game_resource_info", "Resources that the server runs with.", std::move(samples))};
}

}  // namespace tickwire::game
