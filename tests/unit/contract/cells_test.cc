// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include "tickwire/histogram.h"
#include "tickwire/settings.h"

namespace {

constexpr std::array<std::uint64_t, TW_BOUND_COUNT> kBounds TW_BOUNDS_NS;

// The cell by walking up all cells' edges: slow, and written from the header's words alone.
std::uint32_t naive_cell(std::uint64_t ns, std::uint32_t parts) {
  std::uint32_t cell = 0;
  for (std::uint32_t octave = 0; octave < TW_OCTAVES; ++octave) {
    const std::uint64_t begin = std::uint64_t{1} << (TW_OCTAVE_MIN + octave);
    for (std::uint32_t part = 0; part < parts; ++part) {
      if (ns >= begin + part * (begin / parts)) cell = octave * parts + part;
    }
  }
  return cell;
}

// Every edge and its neighbours, the extremes, and 20,000 values whose logarithms are spread evenly.
std::vector<std::uint64_t> durations_ns() {
  std::vector<std::uint64_t> values{0, 1, 2, 1023, std::numeric_limits<std::uint64_t>::max(), std::uint64_t{1} << 63};
  for (std::uint32_t cell = 0; cell < TW_SERVICE_PARTS; ++cell) {
    const std::uint64_t edge = tw_cell_edge_ns(cell, TW_SERVICE_PARTS_LOG2);
    values.insert(values.end(), {edge - 1, edge, edge + 1});
  }
  for (const std::uint64_t bound : kBounds) values.insert(values.end(), {bound - 1, bound, bound + 1});
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) values.push_back(random() >> (random() % 64));
  return values;
}

TEST(Log2, IsTheHighestSetBit) {
  for (std::uint32_t bit = 0; bit < 64; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    EXPECT_EQ(tw_log2(power), bit);
    EXPECT_EQ(tw_log2(power | (power - 1)), bit);
  }
}

TEST(Log2, IsZeroForZero) { EXPECT_EQ(tw_log2(0), 0U); }

TEST(Cell, AgreesWithAWalkOverAllEdgesForAConnection) {
  for (const std::uint64_t ns : durations_ns()) {
    ASSERT_EQ(tw_cell(ns, TW_CONNECTION_PARTS_LOG2), naive_cell(ns, 4)) << ns;
  }
}

TEST(Cell, AgreesWithAWalkOverAllEdgesForAService) {
  for (const std::uint64_t ns : durations_ns()) {
    ASSERT_EQ(tw_cell(ns, TW_SERVICE_PARTS_LOG2), naive_cell(ns, 8)) << ns;
  }
}

TEST(Cell, TakesWhatIsShorterThanTheFirstOctaveIntoTheFirst) {
  EXPECT_EQ(tw_cell(0, TW_CONNECTION_PARTS_LOG2), 0U);
  EXPECT_EQ(tw_cell(1023, TW_CONNECTION_PARTS_LOG2), 0U);
}

TEST(Cell, TakesWhatIsLongerThanTheLastOctaveIntoTheLast) {
  EXPECT_EQ(tw_cell(1ULL << 34, TW_CONNECTION_PARTS_LOG2), 95U);
  EXPECT_EQ(tw_cell(std::numeric_limits<std::uint64_t>::max(), TW_SERVICE_PARTS_LOG2), 191U);
}

TEST(Cell, PutsAPowerOfTwoIntoItsOwnCell) {
  EXPECT_EQ(tw_cell(1ULL << 20, TW_CONNECTION_PARTS_LOG2), 40U);
  EXPECT_EQ(tw_cell((1ULL << 20) - 1, TW_CONNECTION_PARTS_LOG2), 39U);
}

TEST(CellEdge, IsTheFirstDurationOfItsCell) {
  for (const std::uint32_t parts_log2 : {TW_CONNECTION_PARTS_LOG2, TW_SERVICE_PARTS_LOG2}) {
    for (std::uint32_t cell = 1; cell < static_cast<std::uint32_t>(TW_OCTAVES << parts_log2); ++cell) {
      const std::uint64_t edge = tw_cell_edge_ns(cell, parts_log2);
      ASSERT_EQ(tw_cell(edge, parts_log2), cell);
      ASSERT_EQ(tw_cell(edge - 1, parts_log2), cell - 1);
    }
  }
}

TEST(CellEdge, OfTheCellAfterTheLastIsTheEndOfTheHistogram) {
  EXPECT_EQ(tw_cell_edge_ns(TW_CONNECTION_CELLS, TW_CONNECTION_PARTS_LOG2), 1ULL << TW_OCTAVE_MAX);
  EXPECT_EQ(tw_cell_edge_ns(TW_SERVICE_PARTS, TW_SERVICE_PARTS_LOG2), 1ULL << TW_OCTAVE_MAX);
}

TEST(DecimalBounds, Ascend) {
  for (std::size_t i = 1; i < kBounds.size(); ++i) EXPECT_LT(kBounds[i - 1], kBounds[i]);
}

TEST(DecimalBounds, LieEachInAServicePartOfItsOwn) {
  std::set<std::uint32_t> parts;
  for (const std::uint64_t bound : kBounds) parts.insert(tw_cell(bound, TW_SERVICE_PARTS_LOG2));
  EXPECT_EQ(parts.size(), kBounds.size());
}

TEST(DecimalBounds, LieInsideTheHistogram) {
  EXPECT_GE(kBounds.front(), 1ULL << TW_OCTAVE_MIN);
  EXPECT_LT(kBounds.back(), 1ULL << TW_OCTAVE_MAX);
}

TEST(ServiceCell, CutsAPartAboveItsBound) {
  std::array<__u64, TW_SERVICE_PARTS> cuts{};
  cuts.fill(std::numeric_limits<__u64>::max());
  const std::uint32_t part = tw_cell(5'000'000, TW_SERVICE_PARTS_LOG2);
  cuts[part] = 5'000'000;
  EXPECT_EQ(tw_service_cell(cuts.data(), 5'000'000), 2 * part);
  EXPECT_EQ(tw_service_cell(cuts.data(), 5'000'001), 2 * part + 1);
}

TEST(ServiceCell, LeavesAPartWithoutABoundWhole) {
  std::array<__u64, TW_SERVICE_PARTS> cuts{};
  cuts.fill(std::numeric_limits<__u64>::max());
  EXPECT_EQ(tw_service_cell(cuts.data(), std::numeric_limits<std::uint64_t>::max()), 2U * (TW_SERVICE_PARTS - 1));
}

}  // namespace
