// What it owns: what is kept of connections beyond their slots: the stage slots, what the reading before said of each, and what has
// changed since.
// Who may use it: ConnectionDecoder.
// Thread: one (the loop).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ingest/connection_histogram.h"
#include "ingest/source.h"
#include "model/stage.h"
#include "model/tick.h"
#include "tickwire/stage.h"

namespace tickwire::ingest {

class StageDecoder {
 private:
  // What a stage slot is compared by. Counters of 32 bits are followed beyond their width.
  struct Values {
    std::uint64_t taken = 0, read = 0, refused = 0, starved = 0;
    std::uint64_t followed = 0, completed = 0, resyncs = 0;
    std::uint64_t waiting_sum = 0;
    std::uint64_t qdisc_sum_ns = 0;
    std::uint32_t qdisc_samples = 0;
    std::uint32_t waiting_max = 0;
    std::uint32_t paced = 0;  // changes with each spacing, of either direction, and with the jitter of rtt
    friend bool operator==(const Values&, const Values&) = default;
  };
  // The stages that add up, and the rtt samples that a delayed acknowledgement may have stretched.
  static constexpr std::size_t kHistograms = TW_STAGES_ADDED + 1;
  static constexpr std::size_t kDelayed = TW_STAGES_ADDED;
  using Counters = std::array<std::uint32_t, kHistograms>;

 public:
  // One stage slot as it was just read; nothing is remembered of it before take().
  struct Reading {
    Values values;
    Counters counters{};
    std::array<bool, kHistograms> moved{};                            // those whose histogram was read
    std::array<HistogramReading, kHistograms>* histograms = nullptr;  // valid until the next read()
    std::array<model::Pace, TW_DIRECTIONS> pace{};
    std::uint32_t rtt_jitter_ns = 0;
    std::optional<std::chrono::nanoseconds> rtt_min;
  };

  // A reading begins: these are the slots.
  void begin(const RawTick& raw);
  // False for all: stages are off.
  [[nodiscard]] bool has(std::size_t number) const { return number < slots_.size(); }
  // Whether the slot of a connection of which nothing else changed differs from what was remembered of it. Packets change it, and what
  // the game does with them later; so once nothing more is to come it is not looked at before the next packet.
  [[nodiscard]] bool changed(std::uint32_t number);
  // A new connection is compared with zero.
  [[nodiscard]] Reading read(std::uint32_t number, bool is_new, std::uint64_t opened_ns);
  // Remembers the reading, and tells the change, and a detail of the tick, what it says. `slot`: the connection's own.
  void take(std::uint32_t number, const tw_slot& slot, const Reading& reading, model::ConnectionChange& change,
            model::Tick& tick);
  // The slot will be read soon.
  void prefetch(std::size_t number) const;

 private:
  // A word of cells is an octave, and what a connection's samples of a stage lie in is 2 to 4 of them: those that are held stand one
  // after the other, so that this is five cache lines in a row and not two or three in each of five places. A connection with more
  // has them in wide_.
  static constexpr std::size_t kPacked = 16;
  struct alignas(TW_CACHE_LINE) Memory {
    Values values;
    Counters shown{};  // samples that the cells have shown so far
    std::array<Held, kHistograms> held{};
    std::array<SumMemory, kHistograms> sums{};
    std::array<std::uint64_t, kPacked> words{};
    std::array<std::uint8_t, kHistograms> count{};  // words of each histogram
    std::uint8_t used = 0;                          // of all
  };

  void resize(std::size_t slots);
  void take_histograms(std::uint32_t number, const Reading& reading, model::DetailChange& detail,
                       std::vector<model::CellGain>& cells);
  // The remembered word at a place; if none is held there, room is made for one, which is 0.
  std::uint64_t& word_at(std::uint32_t number, std::size_t place, bool held);
  static Values read_values(const tw_stage_slot& stage, const Values& before);
  static Counters read_counters(const tw_stage_slot& stage);
  static bool is_pending(const tw_stage_slot& stage);
  static std::optional<std::chrono::nanoseconds> shortest(const tw_stage_slot& stage, std::uint32_t since);

  std::span<const tw_stage_slot> slots_;  // of this reading
  std::uint32_t epoch_ = 0;               // of this reading, tw_epoch()
  std::uint32_t epoch_before_ = 0;        // of the reading before
  std::vector<Memory> memories_;
  std::vector<std::uint8_t> unsettled_;  // by slot number; 0: nothing more is to come
  std::map<std::uint32_t, std::vector<std::uint64_t>> wide_;
  std::array<HistogramReading, kHistograms> readings_{};
};

}  // namespace tickwire::ingest
