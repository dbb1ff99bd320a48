// SPDX-License-Identifier: Apache-2.0
// Sizes and offsets are asserted in the headers, in C (by the BPF build) and, by including them here, in C++. What follows holds
// what an assertion of one struct cannot.
#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <type_traits>

#include "tickwire/burst.h"
#include "tickwire/connection.h"
#include "tickwire/loss.h"
#include "tickwire/rule.h"
#include "tickwire/service.h"
#include "tickwire/settings.h"

namespace {

TEST(Contract, IsMadeOfPlainData) {
  EXPECT_TRUE((std::is_trivially_copyable_v<tw_slot> && std::is_standard_layout_v<tw_slot>));
  EXPECT_TRUE((std::is_trivially_copyable_v<tw_service_counters> && std::is_standard_layout_v<tw_service_counters>));
  EXPECT_TRUE((std::is_trivially_copyable_v<tw_service_histogram> && std::is_standard_layout_v<tw_service_histogram>));
  EXPECT_TRUE((std::is_trivially_copyable_v<tw_settings> && std::is_standard_layout_v<tw_settings>));
  EXPECT_TRUE((std::is_trivially_copyable_v<tw_rule> && std::is_standard_layout_v<tw_rule>));
  EXPECT_TRUE((std::is_trivially_copyable_v<tw_echo_slot> && std::is_standard_layout_v<tw_echo_slot>));
}

TEST(ConnectionKey, HasNoHiddenPadding) { EXPECT_TRUE(std::has_unique_object_representations_v<tw_connection_key>); }

TEST(Slot, HasNoHiddenPadding) { EXPECT_TRUE(std::has_unique_object_representations_v<tw_slot>); }

TEST(Slot, KeepsIngressAndEgressOnDifferentCacheLines) {
  EXPECT_EQ(offsetof(tw_slot, packets_bytes_in) / TW_CACHE_LINE, 2U);
  EXPECT_EQ(offsetof(tw_slot, turnaround_samples) / TW_CACHE_LINE, 2U);
  EXPECT_EQ(offsetof(tw_slot, packets_bytes_out) / TW_CACHE_LINE, 3U);
  EXPECT_EQ((offsetof(tw_slot, rtt_cells) - 1) / TW_CACHE_LINE, 3U);
}

TEST(Slot, KeepsItsHistogramsAtTheBeginningOfACacheLine) {
  EXPECT_EQ(offsetof(tw_slot, rtt_cells) % TW_CACHE_LINE, 0U);
  EXPECT_EQ(offsetof(tw_slot, turnaround_cells) % TW_CACHE_LINE, 0U);
}

TEST(Slot, CostsAtMost768BytesOfKernelMemory) { EXPECT_LE(sizeof(tw_slot), 768U); }

TEST(ServiceCounters, HaveNoHiddenPadding) { EXPECT_TRUE(std::has_unique_object_representations_v<tw_service_counters>); }

TEST(ServiceCounters, FillWholeCacheLines) { EXPECT_EQ(sizeof(tw_service_counters) % TW_CACHE_LINE, 0U); }

TEST(ServiceHistogram, HasNoHiddenPadding) { EXPECT_TRUE(std::has_unique_object_representations_v<tw_service_histogram>); }

TEST(PortServices, CanNumberEveryService) {
  EXPECT_LE(TW_SERVICES_MAX, std::numeric_limits<decltype(tw_port_services::tcp)>::max());
}

TEST(PortServices, KeepTheFlagOfARuleOutOfTheNumber) {
  EXPECT_LT(TW_SERVICES_MAX, TW_PORT_HAS_RULE);
  EXPECT_LE(TW_PORT_HAS_RULE, std::numeric_limits<decltype(tw_port_services::udp)>::max());
}

TEST(Rule, HasNoHiddenPadding) { EXPECT_TRUE(std::has_unique_object_representations_v<tw_rule>); }

TEST(EchoSlot, HasNoHiddenPadding) { EXPECT_TRUE(std::has_unique_object_representations_v<tw_echo_slot>); }

TEST(EchoSlot, KeepsIngressAndEgressOnDifferentCacheLines) {
  EXPECT_EQ(offsetof(tw_echo_slot, messages_in) / TW_CACHE_LINE, 0U);
  EXPECT_EQ(offsetof(tw_echo_slot, last_sent) / TW_CACHE_LINE, 1U);
  EXPECT_EQ(offsetof(tw_echo_slot, messages_out) / TW_CACHE_LINE, 1U);
}

TEST(EchoSlot, KeepsItsSequencesAndItsHistogramAtTheBeginningOfACacheLine) {
  EXPECT_EQ(offsetof(tw_echo_slot, sequence), 2U * TW_CACHE_LINE);
  EXPECT_EQ(offsetof(tw_echo_slot, network_cells), 3U * TW_CACHE_LINE);
}

TEST(Sequence, RemembersAsManyNumbersAsAJumpIsLong) {
  EXPECT_EQ(std::numeric_limits<decltype(tw_sequence::recent)>::digits, TW_SEQUENCE_JUMP);
}

TEST(Burst, HasNoHiddenPadding) {
  EXPECT_TRUE(std::has_unique_object_representations_v<tw_burst>);
  EXPECT_TRUE(std::has_unique_object_representations_v<tw_burst_ring>);
}

TEST(BurstRing, KeepsWhatEachPacketWritesOutOfTheBursts) {
  EXPECT_EQ(offsetof(tw_burst_ring, last_player) / TW_CACHE_LINE, 0U);
  EXPECT_EQ(offsetof(tw_burst_ring, bursts), TW_CACHE_LINE);
  EXPECT_EQ(sizeof(tw_burst_ring) % TW_CACHE_LINE, 0U);
}

TEST(BurstRing, IsIndexedByAMask) { EXPECT_EQ(TW_BURSTS & (TW_BURSTS - 1), 0); }

TEST(BurstRing, HoldsASecondOfTheMostBurstsThatSendersWithoutRhythmBegin) {
  EXPECT_GT(TW_BURSTS, 1e9 / (2.718 * TW_BURST_GAP_NS));
}

TEST(ServiceCells, HaveAnIndexOfTheirOwnForEachServiceSeriesAndShard) {
  EXPECT_EQ(tw_service_cells_index(0, 0, 0, 3), 0U);
  EXPECT_EQ(tw_service_cells_index(0, 0, 3, 3), 3U);
  EXPECT_EQ(tw_service_cells_index(0, 1, 0, 3), 4U);
  EXPECT_EQ(tw_service_cells_index(1, 0, 0, 3), 4U * TW_SERIES_MAX);
}

TEST(ServiceCells, ShareAShardAmongProcessorsThatAreManyMore) {
  EXPECT_EQ(tw_service_cells_index(2, 1, 5, 3), tw_service_cells_index(2, 1, 1, 3));
}

}  // namespace
