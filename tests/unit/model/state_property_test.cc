// SPDX-License-Identifier: Apache-2.0
// State under random ticks, beside the plainest bookkeeping of the same ticks.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kSlots = 40;
constexpr int kTicks = 400;

// A kernel that opens, changes and closes connections at random, and takes slots back, with a book of what it told.
class RandomKernel {
 public:
  explicit RandomKernel(std::uint64_t seed) : random_(seed) {}

  // What happened until `now`; told to the world, and written into the book.
  Snapshot tick(World& world, std::chrono::nanoseconds now) {
    std::array<ServiceChange, 2> services{ServiceChange{.service = kWorldNumber}, ServiceChange{.service = kLobbyNumber}};
    std::vector<ConnectionChange> changes;
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      if (random_() % 3 == 0) changes.push_back(change(world, slot, now, services));
    }
    std::ranges::shuffle(changes, random_);
    for (ServiceChange& service : services) {
      service.unslotted[0] = {random_() % 5, random_() % 500};
      book_[service.service].in.packets += service.unslotted[0].packets;
      book_[service.service].in.bytes += service.unslotted[0].bytes;
    }
    world.tick.services.assign(services.begin(), services.end());
    Snapshot snapshot = world.apply(now, changes);
    for (const ConnectionId& id : world.state.take_ended()) give_back(id);
    return snapshot;
  }

  struct Book {
    Traffic in;
    std::uint64_t opened = 0;
    std::uint64_t rtt_samples = 0;
  };
  const Book& book(std::uint16_t number) { return book_[number]; }

 private:
  struct Slot {
    std::uint32_t generation = 0;
    std::optional<ConnectionChange> connection;
  };

  ConnectionChange change(World& world, std::uint32_t number, std::chrono::nanoseconds now,
                          std::array<ServiceChange, 2>& services) {
    Slot& slot = slots_[number];
    if (!slot.connection) {
      const auto service = static_cast<std::uint16_t>(random_() % 2);
      ConnectionChange fresh = new_connection({number, slot.generation}, service, now - 500ms);
      fresh.state_from_kernel = random_() % 2 == 0;
      ++services[service].opened;
      ++book_[service].opened;
      slot.connection = fresh;
    } else {
      slot.connection = next(*slot.connection);
    }
    ConnectionChange& connection = *slot.connection;
    connection.traffic[0] = {random_() % 10, random_() % 1000};
    book_[connection.service].in.packets += connection.traffic[0].packets;
    book_[connection.service].in.bytes += connection.traffic[0].bytes;
    if (connection.service == kLobbyNumber) advance_tcp(world, connection, now, services[kLobbyNumber]);
    return connection;
  }

  void advance_tcp(World& world, ConnectionChange& connection, std::chrono::nanoseconds now, ServiceChange& service) {
    if (!connection.established && random_() % 4 != 0) connection.established = now - 400ms;
    connection.fin_in |= random_() % 10 == 0;
    connection.fin_out |= random_() % 10 == 0;
    connection.reset_in |= random_() % 30 == 0;
    if (connection.state_from_kernel && !connection.closed) {
      connection.state = connection.established ? ConnectionState::kEstablished : ConnectionState::kSynRecv;
      if (random_() % 8 == 0) {
        connection.state = ConnectionState::kClosed;
        connection.closed = now - 100ms;
      }
    }
    const auto samples = static_cast<std::uint32_t>(random_() % 4);
    if (samples == 0 || service.histograms[1].count > 0) return;
    connection.rtt_series = Series::kRttTimestamp;
    connection.rtt = world.gain(static_cast<std::uint16_t>(random_() % TW_CONNECTION_CELLS), samples, samples * 1ms);
    service.histograms[1] = world.gain(static_cast<std::uint16_t>(random_() % TW_SERVICE_CELLS), samples, samples * 1ms);
    book_[kLobbyNumber].rtt_samples += samples;
  }

  void give_back(const ConnectionId& id) {
    ASSERT_TRUE(given_back_.insert(id).second) << id.text() << " was given back twice";
    Slot& slot = slots_[id.slot];
    if (slot.generation != id.generation) return;
    ++slot.generation;
    slot.connection.reset();
  }

  std::mt19937_64 random_;
  std::array<Slot, kSlots> slots_{};
  std::map<std::uint16_t, Book> book_;
  std::set<ConnectionId> given_back_;
};

std::uint64_t sum(const auto& by_key) {
  std::uint64_t total = 0;
  for (const auto& [key, count] : by_key) total += count;
  return total;
}

class StateProperty : public testing::TestWithParam<std::uint64_t> {
 protected:
  // Calls check(snapshot, kernel) after each of many random ticks.
  void for_each_tick(const StateLimits& limits, const auto& check) const {
    World world(limits);
    RandomKernel kernel(GetParam());
    std::chrono::nanoseconds now = 100s;
    for (int i = 0; i < kTicks && !HasFatalFailure(); ++i) check(kernel.tick(world, now += 1s), kernel);
  }
  static constexpr StateLimits kShort{
      .udp_idle = 4s, .tcp_silent = 20s, .half_open = 5s, .linger = 2s, .closed_visible = 10s, .closed_rows = 25};
};

TEST_P(StateProperty, TotalsEqualWhatTheTicksTold) {
  for_each_tick(kShort, [](const Snapshot& snapshot, RandomKernel& kernel) {
    for (const std::uint16_t number : {kWorldNumber, kLobbyNumber}) {
      const Service& service = service_in(snapshot, number == kWorldNumber ? kWorld : kLobby);
      ASSERT_EQ(service.traffic[0], kernel.book(number).in);
      ASSERT_EQ(service.opened, kernel.book(number).opened);
      const auto& rtt = service.histograms[static_cast<std::size_t>(Series::kRttTimestamp)];
      ASSERT_EQ(rtt ? rtt->samples() : 0, kernel.book(number).rtt_samples);
    }
  });
}

TEST_P(StateProperty, EveryOpenedConnectionLivesOrHasEndedOnce) {
  for_each_tick(kShort, [](const Snapshot& snapshot, RandomKernel&) {
    for (const Service& service : snapshot.services) {
      ASSERT_EQ(service.opened, service.closed + sum(service.connections));
      ASSERT_EQ(service.closed, sum(service.closed_by));
    }
  });
}

TEST_P(StateProperty, CountsLivingRowsByState) {
  for_each_tick(kShort, [](const Snapshot& snapshot, RandomKernel&) {
    std::map<ServiceId, std::map<ConnectionState, std::uint64_t>> living;
    for (const auto& row : snapshot.connections) {
      if (!row->closed) ++living[*row->service][row->state];
    }
    for (const Service& service : snapshot.services) ASSERT_EQ(service.connections, living[service.id]);
  });
}

TEST_P(StateProperty, RowsAreOrderedBoundedAndWhole) {
  for_each_tick(kShort, [](const Snapshot& snapshot, RandomKernel&) {
    std::size_t ended = 0;
    for (std::size_t i = 0; i < snapshot.connections.size(); ++i) {
      const Connection& row = *snapshot.connections[i];
      if (i > 0) {
        ASSERT_LT(snapshot.connections[i - 1]->id, row.id);
      }
      ASSERT_EQ(row.closed.has_value(), row.state == ConnectionState::kClosed);
      ASSERT_GE(row.age(snapshot.monotonic), 0ns);
      ASSERT_LE(row.last_packet, snapshot.monotonic);
      if (!row.closed) continue;
      ++ended;
      ASSERT_LT(snapshot.monotonic - *row.closed, kShort.closed_visible);
    }
    ASSERT_LE(ended, kShort.closed_rows);
  });
}

TEST_P(StateProperty, RowsNeverHoldMoreThanTheirService) {
  for_each_tick(kShort, [](const Snapshot& snapshot, RandomKernel&) {
    std::map<ServiceId, Traffic> rows;
    for (const auto& row : snapshot.connections) {
      rows[*row->service].packets += row->traffic[0].packets;
      rows[*row->service].bytes += row->traffic[0].bytes;
    }
    for (const Service& service : snapshot.services) {
      ASSERT_LE(rows[service.id].packets, service.traffic[0].packets);
      ASSERT_LE(rows[service.id].bytes, service.traffic[0].bytes);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Seeds, StateProperty, testing::Range<std::uint64_t>(1, 9));

// Random cells: whatever was added is there, and nothing else.
TEST(HistogramProperty, HoldsExactlyWhatWasAdded) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    const Resolution resolution = round % 2 == 0 ? Resolution::kConnection : Resolution::kService;
    std::map<std::uint32_t, std::uint64_t> book;
    Histogram whole(resolution);
    Histogram parts(resolution);
    for (int i = 0; i < 50; ++i) {
      const auto cell = static_cast<std::uint32_t>(random() % cell_count(resolution));
      const std::uint64_t samples = random() % 100;
      if (samples > 0) book[cell] += samples;
      whole.add(cell, samples);
      Histogram one(resolution);
      one.add(cell, samples);
      parts.merge(one);
    }
    ASSERT_EQ(whole, parts);
    ASSERT_EQ(whole.samples(), sum(book));
    ASSERT_EQ(whole.filled().size(), book.size());
    auto next_cell = book.begin();
    for (const Histogram::Cell& cell : whole.filled()) ASSERT_EQ(cell.samples, (next_cell++)->second);
    ASSERT_LE(whole.quantile(0.5), whole.quantile(0.9));
    ASSERT_LE(whole.quantile(0.9), whole.max());
  }
}

}  // namespace
}  // namespace tickwire::model
