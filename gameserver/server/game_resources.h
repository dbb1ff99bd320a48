// What it owns: the resources that the server runs with, and what they mean.
// Who may use it: the server's wiring.
// Thread: reload() on one; the rest on any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "gameserver/common/result.h"
#include "gameserver/metrics/families.h"
#include "gameserver/resources/resource_set.h"
#include "gameserver/resources/world_config.h"
#include "gameserver/snapshot/dictionary.h"

namespace tickwire::game {

class GameResources {
 public:
  // directory: of an operator's own; "": defaults alone. The error names the file and the reason.
  [[nodiscard]] static Result<std::unique_ptr<GameResources>> open(const std::string& directory);

  // Reads the directory again. With an error everything stays as it was. The snapshots' dictionary stays in any case: clients that play have
  // the old one.
  [[nodiscard]] Result<void> reload();

  [[nodiscard]] WorldConfig world() const;
  [[nodiscard]] std::string anti_cheat() const;
  // Null: snapshots are not compressed.
  [[nodiscard]] std::shared_ptr<const SnapshotDictionary> dictionary() const { return dictionary_; }
  // Files of the directory that are no resource, as one line for the operator; "": there are none.
  [[nodiscard]] std::string unknown_files() const;
  // game_resource_info{name,sha256,origin}.
  [[nodiscard]] MetricFamilies families() const;

 private:
  // One load, in which all resources mean something.
  struct Loaded {
    ResourceSet set;
    WorldConfig world;
  };
  GameResources(std::string directory, Loaded loaded, std::shared_ptr<const SnapshotDictionary> dictionary)
      : directory_(std::move(directory)), dictionary_(std::move(dictionary)), loaded_(std::move(loaded)) {}
  [[nodiscard]] static Result<Loaded> load(const std::string& directory);

  const std::string directory_;
  const std::shared_ptr<const SnapshotDictionary> dictionary_;
  mutable std::mutex mutex_;
  Loaded loaded_;
};

}  // namespace tickwire::game
