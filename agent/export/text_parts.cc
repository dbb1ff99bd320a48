// SPDX-License-Identifier: Apache-2.0
#include "export/text_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "model/protocol.h"
#include "model/shown.h"

namespace tickwire::exporting {
namespace {

using model::Histogram;
using model::LossKind;

constexpr std::uint64_t kLongestBar = 40;

int octave(const Histogram::Cell& cell) {
  const auto from_ns = static_cast<std::uint64_t>(cell.from.count());
  return std::max<int>(std::bit_width(from_ns) - 1, TW_OCTAVE_MIN);
}

// Neighbouring cells of one octave as one cell.
std::vector<Histogram::Cell> by_octave(const std::vector<Histogram::Cell>& cells) {
  std::vector<Histogram::Cell> merged;
  for (const Histogram::Cell& cell : cells) {
    if (!merged.empty() && octave(merged.back()) == octave(cell)) {
      merged.back().to = cell.to;
      merged.back().samples += cell.samples;
    } else {
      merged.push_back(cell);
    }
  }
  return merged;
}

std::string_view loss_title(LossKind kind) {
  switch (kind) {
    case LossKind::kPacket:
      return "packets not counted";
    case LossKind::kConnection:
      return "packets counted for their service only";
    case LossKind::kSample:
      return "samples not taken";
    case LossKind::kEvent:
      return "events lost";
    case LossKind::kSkipped:
      break;
  }
  return "packets skipped";
}

}  // namespace

std::string duration_or_dash(std::optional<std::chrono::nanoseconds> duration) {
  return duration ? format_duration(*duration) : std::string(kNotMeasured);
}

std::string percent_or_dash(std::optional<double> ratio) {
  if (!ratio) return kNotMeasured;
  const double percent = 100.0 * *ratio;
  const int decimals = percent < 9.995 ? 2 : percent < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}%", percent, decimals);
}

std::string misfit_text(const model::RuleCounts& counts) {
  return fmt::format(
      "rule does not fit: {} of what came in and {} of what left echoed a token; below {:.0f}% what it measured is not shown",
      percent_or_dash(counts.match_ratio(model::Direction::kIngress)),
      percent_or_dash(counts.match_ratio(model::Direction::kEgress)), 100.0 * model::RuleCounts::kFits);
}

std::string misfit_line(const model::Service& service) {
  return misfits(service.rule) ? fmt::format("{}: {}\n", service.id.text(), misfit_text(*service.rule)) : "";
}

std::string loss_lines(const model::Snapshot& snapshot) {
  std::string out;
  for (const LossKind kind : {LossKind::kPacket, LossKind::kConnection, LossKind::kSample, LossKind::kEvent}) {
    std::uint64_t total = 0;
    std::string reasons;
    for (const model::LossRow& row : model::loss_rows()) {
      const std::uint64_t count = snapshot.losses[row.loss];
      if (row.kind != kind || count == 0) continue;
      total += count;
      reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", row.reason, count);
    }
    if (total > 0) out += fmt::format("{}: {} ({})\n", loss_title(kind), total, reasons);
  }
  return out;
}

std::string histogram_bars(const Histogram& histogram, std::size_t most_rows) {
  std::vector<Histogram::Cell> cells = histogram.filled();
  if (cells.size() > most_rows) cells = by_octave(cells);
  std::uint64_t most = 0;
  std::uint64_t total = 0;
  for (const Histogram::Cell& cell : cells) {
    most = std::max(most, cell.samples);
    total += cell.samples;
  }
  const std::size_t count_width = std::to_string(most).size();
  std::string out;
  for (const Histogram::Cell& cell : cells) {
    const double share = static_cast<double>(cell.samples) / static_cast<double>(most);
    const auto length = std::max<std::uint64_t>(static_cast<std::uint64_t>(share * kLongestBar + 0.5), 1);
    out += fmt::format("  {:>6} - {:<6}  {:<40}  {:>{}}  {:>5.1f} %\n", format_duration(cell.from), format_duration(cell.to),
                       std::string(length, '#'), cell.samples, count_width,
                       100.0 * static_cast<double>(cell.samples) / static_cast<double>(total));
  }
  return out;
}

}  // namespace tickwire::exporting
