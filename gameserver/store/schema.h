// What it owns: the tables of the database, and how an older or empty one becomes the one of now.
// Who may use it: store/.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gameserver/store/sqlite.h"

namespace tickwire::game {

// PRAGMA user_version of a database of now.
inline constexpr int kSchemaVersion = 1;

// Brings the database to kSchemaVersion, each step a transaction. The error says that it is no database, one of another program,
// or one of a newer version.
[[nodiscard]] Result<void> migrate(Database& database);

}  // namespace tickwire::game
