// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lag/lag_command.h"

#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

#include "gameserver/common/duration.h"

namespace tickwire::game {
namespace {

constexpr std::array<std::string_view, kLagKindCount> kNames = {"tick-stall", "burn", "io-stall", "lock-held"};

std::vector<std::string> words_of(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::optional<LagKind> kind_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<LagKind>(i);
  }
  return std::nullopt;
}

Result<LagCommand> parse_recurrence(LagKind kind, const std::vector<std::string>& words) {
  if (words.size() != 2 && (words.size() != 4 || words[2] != "every")) {
    return std::unexpected(fmt::format("{0}: say '{0} DURATION' or '{0} DURATION every DURATION'", lag_name(kind)));
  }
  RecurLag command{.kind = kind};
  const auto length = parse_duration(words[1]);
  if (!length) return std::unexpected(length.error());
  command.spec.length = *length;
  if (words.size() == 4) {
    const auto every = parse_duration(words[3]);
    if (!every) return std::unexpected(every.error());
    command.spec.every = *every;
  }
  if (*length == Nanoseconds::zero()) return std::unexpected(fmt::format("{}: a length of 0 is none", lag_name(kind)));
  if (const auto checked = check_recurrence(lag_name(kind), command.spec); !checked) return std::unexpected(checked.error());
  return command;
}

Result<LagCommand> parse_receive_buffer(const std::vector<std::string>& words) {
  SetReceiveBuffer command;
  if (words.size() == 2) {
    const char* const end = words[1].data() + words[1].size();
    const auto [rest, error] = std::from_chars(words[1].data(), end, command.bytes);
    if (error == std::errc() && rest == end && command.bytes > 0 && command.bytes <= kMostReceiveBytes) return command;
  }
  return std::unexpected(fmt::format("receive-buffer: say 'receive-buffer BYTES', 1 .. {}", kMostReceiveBytes));
}

struct Text {
  std::string operator()(const RecurLag& command) const {
    const std::string once = fmt::format("{} {}", lag_name(command.kind), duration_text(command.spec.length));
    return command.spec.every == Nanoseconds::zero() ? once : fmt::format("{} every {}", once, duration_text(command.spec.every));
  }
  std::string operator()(const StopLag&) const { return "stop"; }
  std::string operator()(const SetReceiveBuffer& command) const { return fmt::format("receive-buffer {}", command.bytes); }
};

}  // namespace

std::string_view lag_name(LagKind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

Result<void> check_recurrence(std::string_view name, const RecurrenceSpec& spec) {
  if (spec.length > kMostLag) {
    return std::unexpected(fmt::format("{}: {} is longer than {}", name, duration_text(spec.length), duration_text(kMostLag)));
  }
  if (spec.every > Nanoseconds::zero() && spec.length >= spec.every) {
    return std::unexpected(
        fmt::format("{}: {} is not shorter than {}", name, duration_text(spec.length), duration_text(spec.every)));
  }
  return {};
}

Result<LagCommand> parse_lag_command(std::string_view text) {
  const auto words = words_of(text);
  if (words.empty()) return std::unexpected(std::string("the command is empty"));
  if (const auto kind = kind_of(words[0])) return parse_recurrence(*kind, words);
  if (words[0] == "receive-buffer") return parse_receive_buffer(words);
  if (words[0] == "stop" && words.size() == 1) return StopLag{};
  return std::unexpected(fmt::format("'{}' is none of tick-stall, burn, io-stall, lock-held, receive-buffer, stop", words[0]));
}

std::string lag_command_text(const LagCommand& command) { return std::visit(Text{}, command); }

}  // namespace tickwire::game
