// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/events.h"

#include <algorithm>
#include <array>
#include <optional>
#include <random>

#include "gameserver/common/bytes.h"

namespace tickwire::game {
namespace {

constexpr std::uint8_t kEventVersion = 1;
constexpr std::array<std::string_view, kEventKindCount> kKindNames{"player_authenticated", "match_started", "player_left"};
static_assert(10 + 14 + 8 * kMaxMatchAccounts <= kMaxEventBytes && 10 + 37 + kMaxRegionBytes <= kMaxEventBytes);

std::unexpected<std::string> invalid(std::string_view what) {
  return std::unexpected(fmt::format("not a valid event: {}", what));
}

bool is_printable(char character) { return character > 0x20 && character < 0x7f; }

// What is out of bounds; nothing when all is well.
std::optional<std::string_view> fault_of(const PlayerAuthenticated& event) {
  if (event.region.size() > kMaxRegionBytes) return "the region is too long";
  if (!std::ranges::all_of(event.region, is_printable)) return "the region is not printable ASCII";
  if (event.at_unix < Nanoseconds::zero()) return "the time is negative";
  return std::nullopt;
}
std::optional<std::string_view> fault_of(const MatchStarted& event) {
  if (event.mode != GameMode::kState && event.mode != GameMode::kLockstep) return "the mode is unknown";
  if (event.accounts.size() > kMaxMatchAccounts) return "too many accounts";
  if (event.at_unix < Nanoseconds::zero()) return "the time is negative";
  return std::nullopt;
}
std::optional<std::string_view> fault_of(const PlayerLeft& event) {
  if (static_cast<std::size_t>(event.reason) >= kReasonCount) return "the reason is unknown";
  if (event.played < Nanoseconds::zero()) return "the time played is negative";
  if (event.at_unix < Nanoseconds::zero()) return "the time is negative";
  return std::nullopt;
}

void write_signed(ByteWriter& writer, std::int32_t value) { writer.write(static_cast<std::uint32_t>(value)); }
void write_time(ByteWriter& writer, Nanoseconds time) { writer.write(static_cast<std::uint64_t>(time.count())); }
std::int32_t read_signed(ByteReader& reader) { return static_cast<std::int32_t>(reader.read<std::uint32_t>()); }
// What is beyond a signed count becomes negative, which fault_of() refuses.
Nanoseconds read_time(ByteReader& reader) { return Nanoseconds(static_cast<std::int64_t>(reader.read<std::uint64_t>())); }

void write(ByteWriter& writer, const PlayerAuthenticated& event) {
  writer.write(event.account);
  writer.write_bytes(std::as_bytes(std::span(event.name)));
  write_signed(writer, event.rating);
  write_time(writer, event.at_unix);
  writer.write(static_cast<std::uint8_t>(event.region.size()));
  writer.write_bytes(std::as_bytes(std::span(event.region)));
}
void write(ByteWriter& writer, const MatchStarted& event) {
  writer.write(event.match);
  writer.write(static_cast<std::uint8_t>(event.mode));
  write_time(writer, event.at_unix);
  writer.write(static_cast<std::uint8_t>(event.accounts.size()));
  for (const auto account : event.accounts) writer.write(account);
}
void write(ByteWriter& writer, const PlayerLeft& event) {
  writer.write(event.account);
  writer.write(event.player);
  writer.write(static_cast<std::uint8_t>(event.reason));
  writer.write(event.match);
  write_time(writer, event.played);
  write_signed(writer, event.score);
  write_time(writer, event.at_unix);
}

PlayerAuthenticated read_player_authenticated(ByteReader& reader) {
  PlayerAuthenticated event;
  event.account = reader.read<std::uint64_t>();
  const auto name = reader.take(event.name.size());
  std::ranges::transform(name, event.name.begin(), [](std::byte byte) { return std::to_integer<char>(byte); });
  event.rating = read_signed(reader);
  event.at_unix = read_time(reader);
  const auto region = reader.take(reader.read<std::uint8_t>());
  event.region.assign(reinterpret_cast<const char*>(region.data()), region.size());
  return event;
}
MatchStarted read_match_started(ByteReader& reader) {
  MatchStarted event;
  event.match = reader.read<std::uint32_t>();
  event.mode = static_cast<GameMode>(reader.read<std::uint8_t>());
  event.at_unix = read_time(reader);
  // At most 255 of them, whatever the bytes say.
  event.accounts.resize(reader.read<std::uint8_t>());
  for (auto& account : event.accounts) account = reader.read<std::uint64_t>();
  return event;
}
PlayerLeft read_player_left(ByteReader& reader) {
  PlayerLeft event;
  event.account = reader.read<std::uint64_t>();
  event.player = reader.read<std::uint32_t>();
  event.reason = static_cast<Reason>(reader.read<std::uint8_t>());
  event.match = reader.read<std::uint32_t>();
  event.played = read_time(reader);
  event.score = read_signed(reader);
  event.at_unix = read_time(reader);
  return event;
}

std::optional<EventBody> read_body(ByteReader& reader, std::uint8_t kind) {
  switch (static_cast<EventKind>(kind)) {
    case EventKind::kPlayerAuthenticated:
      return read_player_authenticated(reader);
    case EventKind::kMatchStarted:
      return read_match_started(reader);
    case EventKind::kPlayerLeft:
      return read_player_left(reader);
  }
  return std::nullopt;
}

std::optional<std::string_view> fault_of_body(const EventBody& body) {
  return std::visit([](const auto& event) { return fault_of(event); }, body);
}

std::uint64_t random_id() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

std::string_view event_kind_name(EventKind kind) {
  const auto index = static_cast<std::size_t>(kind) - 1;
  return index < kKindNames.size() ? kKindNames[index] : "unknown";
}

Result<Event> Event::make(EventBody body) {
  if (const auto fault = fault_of_body(body)) return invalid(*fault);
  Event event;
  event.id_ = random_id();
  event.body_ = std::move(body);
  return event;
}

Result<Event> Event::decode(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  const auto version = reader.read<std::uint8_t>();
  const auto kind = reader.read<std::uint8_t>();
  const auto id = reader.read<std::uint64_t>();
  if (!reader.ok()) return invalid("it ends too early");
  if (version != kEventVersion) return invalid("the version is unknown");
  auto body = read_body(reader, kind);
  if (!body) return invalid("the kind is unknown");
  if (!reader.ok()) return invalid("it ends too early");
  if (reader.remaining() > 0) return invalid("it is too long");
  if (const auto fault = fault_of_body(*body)) return invalid(*fault);
  Event event;
  event.id_ = id;
  event.body_ = std::move(*body);
  return event;
}

std::vector<std::byte> Event::encode() const {
  std::vector<std::byte> bytes;
  ByteWriter writer(bytes);
  writer.write(kEventVersion);
  writer.write(static_cast<std::uint8_t>(kind()));
  writer.write(id_);
  std::visit([&writer](const auto& event) { write(writer, event); }, body_);
  return bytes;
}

}  // namespace tickwire::game
