// What it owns: the fixed words of messages, in each language.
// Who may use it: relay.
// Thread: any, constants.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace tickwire::relay {

enum class Language : std::uint8_t { kEnglish, kChinese };  // --language en|zh

struct Words {
  std::string_view colon;  // after the program's name
  std::string_view comma;  // between counts
  std::string_view firing;
  std::string_view resolved;
  std::string_view digest;    // said of a message that stands for several notifications
  std::string_view severity;  // the names of fields, with what stands between them and the value
  std::string_view service;
  std::string_view node;
  std::string_view since;
  std::string_view until;
  std::string_view lasted;
  std::string_view runbook;
  std::string_view source;
  std::string_view alerts;
  std::string_view more;     // {} alerts that had no room
  std::string_view unread;   // {} alerts that were more than the relay or Alertmanager takes
  std::string_view dropped;  // {} alerts that a full digest has lost
};

[[nodiscard]] const Words& words_of(Language language);
// "critical", "warning", "info" in the language; every other severity as it is.
[[nodiscard]] std::string_view severity_word(Language language, std::string_view severity);

}  // namespace tickwire::relay
