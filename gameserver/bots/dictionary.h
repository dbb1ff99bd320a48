// What it owns: how the bots get the dictionary of compressed snapshots.
// Who may use it: bots/.
// Thread: any; reads files.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gameserver/common/result.h"
#include "gameserver/snapshot/dictionary.h"

namespace tickwire::game {

// The built-in one, or that of the server's override directory; null when it is empty: nothing is compressed then.
[[nodiscard]] Result<std::shared_ptr<const SnapshotDictionary>> load_dictionary(const std::string& resources_directory);

}  // namespace tickwire::game
