// What it owns: the pieces that several texts for a terminal are made of.
// Who may use it: the text files of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "model/histogram.h"
#include "model/snapshot.h"

namespace tickwire::exporting {

inline constexpr const char* kNotMeasured = "-";

// Three significant digits, or a dash.
[[nodiscard]] std::string duration_or_dash(std::optional<std::chrono::nanoseconds> duration);
// A ratio of 0 .. 1 as percent with three significant digits, "0.12%" or "100%", or a dash.
[[nodiscard]] std::string percent_or_dash(std::optional<double> ratio);
// "rule does not fit: ..." with the match ratios that say so.
[[nodiscard]] std::string misfit_text(const model::RuleCounts& counts);
// The same as a line that names the service; empty when its rule fits, or it has none.
[[nodiscard]] std::string misfit_line(const model::Service& service);
// One line for each kind of loss that is not zero, with its reasons; empty when nothing was lost.
[[nodiscard]] std::string loss_lines(const model::Snapshot& snapshot);

// The histogram's filled cells as one line each: range, bar, samples, share. More than `most_rows` cells are shown as octaves, of
// which there are at most 24. The longest bar has 40 characters; a bar is never shorter than one.
inline constexpr std::size_t kMostBars = 24;
[[nodiscard]] std::string histogram_bars(const model::Histogram& histogram, std::size_t most_rows = kMostBars);

}  // namespace tickwire::exporting
