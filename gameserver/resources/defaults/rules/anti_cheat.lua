-- A sample rule against three simple ways to cheat. check() is called once a second for each player, see README.md of resources.
-- A line that stalls and then delivers everything at once is no cheat: what a player could have done in time may come late.

-- A player is evicted when this many seconds in a row were wrong; before that it is warned.
local EVICT_AFTER = 5

-- Walking: the limit, a tenth more, and two ticks, because a second on the clock may hold more ticks than on average.
local SPEED_TOLERANCE = 1.1
local SPEED_TICKS = 2

-- Inputs: one for each frame of a fast screen, or for each tick where there are more of them; half as many again is too many. A stall may
-- hold back a few seconds of them.
local SENSIBLE_INPUTS_HZ = 128
local INPUT_TOLERANCE = 1.5
local INPUT_BURST_S = 4

-- Clock: a fifth faster than the server's in each of three seconds. A client that was behind may catch up.
local CLOCK_TOLERANCE = 1.2
local CLOCK_SECONDS = 3
local CATCH_UP_S = 5

-- What is remembered of a player. Players leave without a word, so the oldest one is forgotten for a new one.
local MOST_PLAYERS = 2048
local memory = {}
local order = {}
local oldest = 1

local function remember(player)
  local state = memory[player]
  if state then return state end
  local forgotten = order[oldest]
  if forgotten then memory[forgotten] = nil end
  order[oldest] = player
  oldest = oldest % MOST_PLAYERS + 1
  state = {}
  memory[player] = state
  return state
end

local function too_far(facts)
  local seconds = facts.seconds
  local rate = facts.tick_rate_hz
  if rate > 0 then seconds = math.max(seconds, facts.server_ticks / rate) + SPEED_TICKS / rate end
  return facts.moved_mm > facts.speed_limit_mm_s * seconds * SPEED_TOLERANCE
end

local function too_many_inputs(facts, state)
  local sensible = math.max(SENSIBLE_INPUTS_HZ, facts.tick_rate_hz)
  local most = sensible * INPUT_TOLERANCE
  local above = math.max(0, (state.inputs_above or 0) + facts.inputs - most * facts.seconds)
  -- Above the burst nothing is kept, so that a flood is forgiven soon after it ends.
  state.inputs_above = math.min(above, sensible * INPUT_BURST_S)
  return above > sensible * INPUT_BURST_S
end

local function clock_too_fast(facts, state)
  local rate = facts.tick_rate_hz
  -- A server that is late with its own ticks is no reason to suspect anybody.
  local passed = math.max(facts.server_ticks, facts.seconds * rate)
  -- The first second has no tick before it to count from.
  local behind = state.ticks_behind and state.ticks_behind + passed - facts.client_ticks or 0
  state.ticks_behind = math.min(math.max(behind, 0), CATCH_UP_S * rate)
  -- Below zero: ahead of the server by what no stall explains.
  local fast = passed - behind > CLOCK_TOLERANCE * passed
  state.fast_seconds = fast and (state.fast_seconds or 0) + 1 or 0
  return state.fast_seconds >= CLOCK_SECONDS
end

function check(facts)
  local state = remember(facts.player)
  local far, many, fast = too_far(facts), too_many_inputs(facts, state), clock_too_fast(facts, state)
  local reason = far and "moves too far" or many and "sends too many inputs" or fast and "its clock is too fast"
  if not reason then
    state.wrong_seconds = nil
    return nil
  end
  state.wrong_seconds = (state.wrong_seconds or 0) + 1
  return { action = state.wrong_seconds >= EVICT_AFTER and "evict" or "warn", reason = reason }
end
