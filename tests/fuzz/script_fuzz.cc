// SPDX-License-Identifier: Apache-2.0
// Any text as a script, with a small share of memory and instructions: it ends, it leaves nothing behind, and what it says is a verdict
// or a failure that can be shown.
//
// An input: a byte that chooses, then a whole script, or the body of its check().
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "gameserver/script/script.h"

namespace tickwire::fuzz {
namespace {

constexpr std::size_t kMostFailureBytes = 256;
constexpr game::ScriptLimits kLimits{.memory_bytes = 96 * 1024, .instructions = 5'000};

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

void check_failure(const game::ScriptFailure& failure) {
  check(failure.text.starts_with("fuzz: ") && failure.text.size() <= kMostFailureBytes, "a failure names the script");
  check(is_printable(failure.text), "a failure can be shown");
}

void run(std::string_view input) {
  if (input.empty()) return;
  std::string source(input.substr(1));
  if (input[0] % 2 == 0) source = "function check(facts) " + source + "\nend";
  auto script = game::Script::load("fuzz", source, kLimits);
  if (!script) return check_failure(script.error());
  const std::array arguments{game::ScriptArgument{"player", std::int64_t{7}}, game::ScriptArgument{"seconds", 1.5},
                             game::ScriptArgument{"name", std::string_view("Ada")}};
  for (int i = 0; i < 3; ++i) {
    const auto verdict = script->call("check", arguments);
    check(script->used_bytes() <= kLimits.memory_bytes, "a script keeps to its memory");
    if (!verdict) {
      check_failure(verdict.error());
    } else {
      check(verdict->reason.size() <= game::Script::kMaxReasonBytes && is_printable(verdict->reason), "a reason can be shown");
      check(verdict->action != game::RuleAction::kNone || verdict->reason.empty(), "who says nothing gives no reason");
    }
  }
}

}  // namespace
}  // namespace tickwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const char* bytes, std::size_t length) {
  tickwire::fuzz::run({bytes, length});
  return 0;
}
