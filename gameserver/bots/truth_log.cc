// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/truth_log.h"

namespace tickwire::game {
namespace {

// Addresses and names of types hold nothing that JSON would escape.
std::string head(std::string_view kind, const TruthTuple& tuple) {
  return fmt::format(R"({{"kind":"{}","protocol":"{}","local":"{}","remote":"{}")", kind, tuple.protocol, tuple.local,
                     tuple.remote);
}

template <typename Number>
std::string number(std::optional<Number> value) {
  return value ? fmt::format("{}", *value) : "null";
}

constexpr std::int64_t kAckDelayUnitNs = 32'000;

}  // namespace

Result<TruthLog> TruthLog::open(const std::string& path) {
  auto file = LineFile::open(path);
  if (!file) return std::unexpected(file.error());
  TruthLog log(std::move(*file), monotonic_less_unix());
  log.clock(log.offset_);
  return log;
}

void TruthLog::clock(Nanoseconds offset) {
  file_.write(fmt::format(R"({{"kind":"clock","monotonic_less_unix_ns":{}}})", offset.count()));
}

void TruthLog::close() {
  clock(monotonic_less_unix());
  file_.flush();
}

std::string TruthLog::monotonic(std::optional<Nanoseconds> unix_time) const {
  return unix_time ? fmt::format("{}", (*unix_time + offset_).count()) : "null";
}

void TruthLog::sent(const TruthTuple& tuple, const SentTruth& truth, std::optional<Nanoseconds> left_unix) {
  file_.write(fmt::format(
      R"({},"type":"{}","seq":{},"input_seq":{},"frame":{},"payload_bytes":{},"intended_mono_ns":{},"called_mono_ns":{},"kernel_mono_ns":{}}})",
      head("send", tuple), truth.type, truth.seq, number(truth.input_seq), number(truth.frame), truth.payload_bytes,
      truth.intended_mono.count(), truth.called_mono.count(), monotonic(left_unix)));
}

void TruthLog::received(const TruthTuple& tuple, const ReceivedTruth& truth, std::optional<Nanoseconds> arrived_unix) {
  file_.write(fmt::format(
      R"({},"type":"{}","seq":{},"ack":{},"ack_delay_ns":{},"last_input":{},"frame":{},"payload_bytes":{},"kernel_mono_ns":{},"read_mono_ns":{}}})",
      head("receive", tuple), truth.type, truth.seq, number(truth.ack), truth.ack_delay * kAckDelayUnitNs,
      number(truth.last_input), number(truth.frame), truth.payload_bytes, monotonic(arrived_unix), truth.read_mono.count()));
}

void TruthLog::interval(const TruthTuple& tuple, std::string_view kind, Nanoseconds begin_mono, Nanoseconds end_mono) {
  file_.write(
      fmt::format(R"({},"begin_mono_ns":{},"end_mono_ns":{}}})", head(kind, tuple), begin_mono.count(), end_mono.count()));
}

}  // namespace tickwire::game
