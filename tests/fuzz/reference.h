// What it owns: a second reading of frames and tokens, slow and plain, that the programs are compared with.
// Who may use it: tests/fuzz. It shares no code with the programs.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fuzz/host/program.h"
#include "tickwire/connection.h"
#include "tickwire/loss.h"

namespace tickwire::fuzz {

struct Reading {
  std::optional<tw_loss> loss;  // none: a packet with all of its headers, whose lengths lie inside the frame
  bool has_key = false;         // lost for its lengths alone, it still has its ports
  host_packet packet{};
};
[[nodiscard]] Reading read_frame(std::span<const std::uint8_t> frame, bool egress);

}  // namespace tickwire::fuzz
