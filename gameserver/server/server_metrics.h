// What it owns: what the world and the gateways count, as metric families.
// Who may use it: the server's wiring.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gameserver/bus/workers.h"
#include "gameserver/lockstep/room.h"
#include "gameserver/metrics/families.h"
#include "gameserver/server/stats.h"

namespace tickwire::game {

// game_tick_..., game_ticks_..., game_players, game_joins_total, game_leaves_total, game_evictions_total and what else there is of players.
[[nodiscard]] MetricFamilies world_families(const WorldStats& world, const LockstepStats& lockstep);
// Messages and bytes by transport, what was refused or dropped, snapshots, presence.
[[nodiscard]] MetricFamilies gateway_families(const StatsView& view);
// HTTP requests and connections.
[[nodiscard]] MetricFamilies web_families(const WebStats& web);
// game_worker_...
[[nodiscard]] MetricFamilies worker_families(const WorkerCounts& workers);

}  // namespace tickwire::game
