// SPDX-License-Identifier: Apache-2.0
#include "gameserver/snapshot/delta.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>

namespace tickwire::game {
namespace {

constexpr std::uint64_t kMaxNumber = (std::uint64_t{1} << 33) - 1;
constexpr std::uint8_t kFieldBits = kChangeX | kChangeY | kChangeHp | kChangeStatus;

// Seven bits a byte, lowest first; the top bit says that more follow.
std::size_t put_number(std::uint64_t number, std::byte* out) {
  std::size_t length = 0;
  while (number >= 0x80) {
    out[length++] = static_cast<std::byte>(number | 0x80);
    number >>= 7;
  }
  out[length++] = static_cast<std::byte>(number);
  return length;
}

// Small differences become small numbers, whatever their sign.
constexpr std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t number) {
  return static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1);
}

// Reads one content; the first error stays.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> content) : content_(content) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] DeltaError error() const { return error_; }
  [[nodiscard]] bool at_end() const { return at_ == content_.size(); }
  void fail(DeltaError error) {
    if (ok_) error_ = error;
    ok_ = false;
  }

  std::uint8_t byte() {
    if (at_ < content_.size()) return std::to_integer<std::uint8_t>(content_[at_++]);
    fail(DeltaError::kTruncated);
    return 0;
  }
  std::uint64_t number() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const std::uint8_t part = byte();
      number |= std::uint64_t{part & 0x7fU} << shift;
      if ((part & 0x80) != 0) continue;
      if ((part == 0 && shift != 0) || number > kMaxNumber) break;
      return number;
    }
    fail(DeltaError::kNumber);
    return 0;
  }

  // The field's value, given the one before; a field whose bit is not set keeps it.
  template <typename Field>
  Field field(std::uint8_t mask, std::uint8_t bit, Field before) {
    if ((mask & bit) == 0) return before;
    const std::int64_t difference = unzigzag(number());
    const std::int64_t value = before + difference;
    if (difference == 0) fail(DeltaError::kMask);
    if (value < std::numeric_limits<Field>::min() || value > std::numeric_limits<Field>::max()) fail(DeltaError::kRange);
    return static_cast<Field>(value);
  }

 private:
  std::span<const std::byte> content_;
  std::size_t at_ = 0;
  bool ok_ = true;
  DeltaError error_{};
};

bool is_mask(std::uint8_t mask) {
  if (mask == kChangeGone || mask == kChangeNew) return true;
  return (mask & kFieldBits) != 0 && (mask & ~(kFieldBits | kChangeNew)) == 0;
}

PlayerState read_fields(Reader& reader, std::uint8_t mask, const PlayerState& before) {
  PlayerState state = before;
  state.x_mm = reader.field(mask, kChangeX, before.x_mm);
  state.y_mm = reader.field(mask, kChangeY, before.y_mm);
  state.hp = reader.field(mask, kChangeHp, before.hp);
  if ((mask & kChangeStatus) != 0) {
    state.status = reader.byte();
    if (state.status == before.status) reader.fail(DeltaError::kMask);
  }
  return state;
}

// One record: what it says goes to out, after the states of the baseline that lie before it.
void apply_record(Reader& reader, PlayerId& last_id, std::span<const PlayerState>& baseline, std::vector<PlayerState>& out) {
  const std::uint64_t step = reader.number();
  const std::uint8_t mask = reader.byte();
  if (!reader.ok()) return;
  if (step == 0 || step > std::numeric_limits<PlayerId>::max() - last_id) return reader.fail(DeltaError::kOrder);
  if (!is_mask(mask)) return reader.fail(DeltaError::kMask);
  last_id += static_cast<PlayerId>(step);

  const auto kept = std::ranges::find_if(baseline, [&](const PlayerState& state) { return state.id >= last_id; });
  out.insert(out.end(), baseline.begin(), kept);
  baseline = {kept, baseline.end()};
  const bool there = !baseline.empty() && baseline.front().id == last_id;
  if ((mask & kChangeNew) != 0 && there) return reader.fail(DeltaError::kThereBefore);
  if ((mask & kChangeNew) == 0 && !there) return reader.fail(DeltaError::kNotThere);
  const PlayerState before = there ? baseline.front() : PlayerState{.id = last_id};
  if (there) baseline = baseline.subspan(1);
  if (mask != kChangeGone) out.push_back(read_fields(reader, mask, before));
}

}  // namespace

Change::Change(const PlayerState* before, const PlayerState& now) {
  static constexpr PlayerState kNothing{};
  const PlayerState& from = before != nullptr ? *before : kNothing;
  length_ = 1;
  put_difference(kChangeX, std::int64_t{now.x_mm} - from.x_mm);
  put_difference(kChangeY, std::int64_t{now.y_mm} - from.y_mm);
  put_difference(kChangeHp, std::int64_t{now.hp} - from.hp);
  if (now.status != from.status) {
    bytes_[0] |= static_cast<std::byte>(kChangeStatus);
    put(static_cast<std::byte>(now.status));
  }
  if (before == nullptr) bytes_[0] |= static_cast<std::byte>(kChangeNew);
  if (bytes_[0] == std::byte{0}) length_ = 0;
}

Change Change::gone() {
  Change change;
  change.length_ = 1;
  change.bytes_[0] = static_cast<std::byte>(kChangeGone);
  return change;
}

void Change::put_difference(std::uint8_t field, std::int64_t difference) {
  if (difference == 0) return;
  bytes_[0] |= static_cast<std::byte>(field);
  length_ += static_cast<std::uint8_t>(put_number(zigzag(difference), bytes_.data() + length_));
}

void DeltaBuilder::add(PlayerId id, const Change& change) {
  if (change.is_empty()) return;
  assert(id > last_id_ && count_ < 2 * kMaxStates && change.is_known());
  length_ += put_number(id - last_id_, bytes_.data() + length_);
  // A copy of a known size costs less than one of the right size.
  std::memcpy(bytes_.data() + length_, change.bytes_.data(), kMaxChangeBytes);
  length_ += change.length_;
  last_id_ = id;
  ++count_;
}

void encode_delta(std::span<const PlayerState> baseline, std::span<const PlayerState> states, DeltaBuilder& out) {
  auto before = baseline.begin();
  for (const PlayerState& state : states) {
    while (before != baseline.end() && before->id < state.id) out.add_gone((before++)->id);
    const bool there = before != baseline.end() && before->id == state.id;
    out.add(state.id, Change(there ? &*before : nullptr, state));
    if (there) ++before;
  }
  while (before != baseline.end()) out.add_gone((before++)->id);
}

std::string_view delta_error_name(DeltaError error) {
  static constexpr std::array<std::string_view, kDeltaErrorCount> kNames = {
      "truncated", "trailing", "number", "order", "mask", "not_there", "there_before", "range", "too_many"};
  return kNames[static_cast<std::size_t>(error)];
}

std::expected<void, DeltaError> apply_delta(std::span<const PlayerState> baseline, std::span<const std::byte> content,
                                            std::size_t count, std::vector<PlayerState>& out) {
  out.clear();
  Reader reader(content);
  PlayerId last_id = 0;
  for (std::size_t i = 0; i < count && reader.ok(); ++i) apply_record(reader, last_id, baseline, out);
  if (!reader.ok()) return std::unexpected(reader.error());
  if (!reader.at_end()) return std::unexpected(DeltaError::kTrailing);
  out.insert(out.end(), baseline.begin(), baseline.end());
  if (out.size() > kMaxStates) return std::unexpected(DeltaError::kTooMany);
  return {};
}

}  // namespace tickwire::game
