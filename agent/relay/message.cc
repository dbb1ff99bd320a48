// SPDX-License-Identifier: Apache-2.0
#include "relay/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "relay/markdown.h"
#include "relay/time_text.h"
#include "relay/utf8.h"

namespace tickwire::relay {
namespace {

// Bounds of what is always said of an alert, so that one alert always has room (wide forms take three bytes a character).
constexpr std::size_t kNameBytes = 120;
constexpr std::size_t kLabelBytes = 96;
constexpr std::chrono::seconds kLongest = std::chrono::years(200);  // nanoseconds in 64 bits end at 292
constexpr std::size_t kMoreBytes = 64;                              // the line of what is left out

std::string counts(const Occasion& occasion, const Words& words, std::string_view between) {
  const auto firing =
      static_cast<std::size_t>(std::ranges::count_if(occasion.alerts, [](const auto& alert) { return alert->firing; }));
  const std::size_t resolved = occasion.alerts.size() - firing;
  std::string text;
  if (firing > 0) text = fmt::format("{} {}", words.firing, firing);
  if (resolved > 0) text += fmt::format("{}{} {}", text.empty() ? "" : between, words.resolved, resolved);
  return text;
}

// A value that is known, after the name of its field.
void append_field(std::string& line, std::string_view name, std::string_view value) {
  if (!value.empty()) line.append(" · ").append(name).append(shortened(plain(value), kLabelBytes));
}

std::string filled(std::string_view sentence, std::size_t count) { return fmt::format(fmt::runtime(sentence), count); }

// What is written of one alert: what is always said, around the texts that may be shortened.
struct Entry {
  std::string head;
  std::string summary;
  std::string description;
  std::string foot;
};

class Writer {
 public:
  Writer(const Occasion& occasion, const Style& style)
      : occasion_(occasion),
        style_(style),
        words_(words_of(style.language)),
        end_(style.kind == RobotKind::kDingTalk ? "\n\n" : "\n") {}

  Message write() {
    std::vector<const Alert*> alerts = sorted();
    const bool fires = std::ranges::any_of(alerts, &Alert::firing);
    const std::string tail = tail_text(fires);
    std::string text = heading();
    const std::size_t room = text_bytes(style_.kind) - json_bytes(tail) - kMoreBytes;
    std::size_t written = 0;
    for (const Alert* alert : alerts) {
      const std::string block = fitting(entry(*alert), room - std::min(room, json_bytes(text)), written == 0);
      if (block.empty()) break;
      text += block;
      ++written;
    }
    if (written < alerts.size()) text += line(filled(words_.more, alerts.size() - written));
    text += tail;
    while (text.ends_with('\n')) text.pop_back();
    return {.title = title(alerts), .text = std::move(text), .called = fires ? style_.called : std::vector<std::string>()};
  }

 private:
  std::vector<const Alert*> sorted() const {
    std::vector<const Alert*> alerts;
    for (const auto& alert : occasion_.alerts) alerts.push_back(alert.get());
    const auto rank = [](const Alert* alert) {
      const int severity = alert->severity == "critical" ? 0 : alert->severity == "warning" ? 1 : 2;
      return std::tuple(severity, -alert->starts.count());
    };
    std::ranges::stable_sort(alerts, {}, rank);
    return alerts;
  }

  std::string line(std::string_view text) const { return text.empty() ? std::string() : std::string(text).append(end_); }

  std::string title(const std::vector<const Alert*>& alerts) const {
    std::string text = fmt::format("[{}]", counts(occasion_, words_, words_.comma));
    if (!alerts.empty()) {
      const Alert& first = *alerts.front();
      text += fmt::format(" {} {}", plain(first.name), plain(first.service.empty() ? first.node : first.service));
    }
    return shortened(text, kTitleBytes);
  }

  // The program's name is in each message, so that a robot that is secured by a keyword has one.
  std::string heading() const {
    std::string text = fmt::format("### Tickwire{}{}", words_.colon, counts(occasion_, words_, " · "));
    if (occasion_.digest) text += fmt::format(" ({})", words_.digest);
    return line(text);
  }

  std::string tail_text(bool fires) const {
    std::string text;
    if (occasion_.unread > 0) text += line(filled(words_.unread, occasion_.unread));
    if (occasion_.dropped > 0) text += line(filled(words_.dropped, occasion_.dropped));
    text += line(link(words_.alerts, occasion_.external_url));
    std::string called;
    for (const std::string& each : style_.called) {
      if (!called.empty()) called += ' ';
      called += style_.kind == RobotKind::kDingTalk ? fmt::format("@{}", each) : fmt::format("<@{}>", each);
    }
    return fires ? text + line(called) : text;
  }

  std::string when(const Alert& alert) const {
    const auto clock = [this](std::chrono::seconds time) {
      return format_time(time, style_.offset != nullptr ? style_.offset(time) : std::chrono::seconds(0));
    };
    const std::chrono::seconds end = alert.firing ? style_.now : alert.ends;
    const std::string until = alert.firing ? std::string() : fmt::format(" · {}{}", words_.until, clock(end));
    return fmt::format("{}{}{} · {}{}", words_.since, clock(alert.starts), until, words_.lasted,
                       format_age(std::clamp(end - alert.starts, std::chrono::seconds(0), kLongest)));
  }

  Entry entry(const Alert& alert) const {
    Entry entry;
    entry.head = fmt::format("**{}** · {}", shortened(plain(alert.name.empty() ? "?" : alert.name), kNameBytes),
                             alert.firing ? words_.firing : words_.resolved);
    append_field(entry.head, words_.severity, severity_word(style_.language, alert.severity));
    append_field(entry.head, words_.service, alert.service);
    append_field(entry.head, words_.node, alert.node);
    entry.head = line(entry.head);
    const bool chinese = style_.language == Language::kChinese;
    const std::string& summary = chinese && !alert.summary_zh.empty() ? alert.summary_zh : alert.summary;
    const std::string& description = chinese && !alert.description_zh.empty() ? alert.description_zh : alert.description;
    entry.summary = plain(summary);
    if (description != summary) entry.description = plain(description);
    const std::string runbook = link(words_.runbook, resolved_url(alert.runbook_url, style_.link_base));
    const std::string source = link(words_.source, alert.source_url);
    entry.foot = line(when(alert)) + line(runbook + (runbook.empty() || source.empty() ? "" : " · ") + source);
    if (style_.kind == RobotKind::kWeCom) entry.foot += '\n';
    return entry;
  }

  // The whole entry where it fits; the first one with shortened texts otherwise; else nothing.
  std::string fitting(const Entry& entry, std::size_t room, bool is_first) const {
    std::string whole = entry.head + line(entry.summary) + line(entry.description) + entry.foot;
    if (json_bytes(whole) <= room) return whole;
    const std::size_t fixed = json_bytes(entry.head) + json_bytes(entry.foot) + 2 * json_bytes(end_);
    if (!is_first || fixed > room) return {};
    const std::string summary = shortened(entry.summary, room - fixed);
    const std::string description = shortened(entry.description, room - fixed - json_bytes(summary));
    return entry.head + line(summary) + line(description) + entry.foot;
  }

  const Occasion& occasion_;
  const Style& style_;
  const Words& words_;
  std::string_view end_;  // of a line: DingTalk joins lines that have no empty one between them
};

}  // namespace

std::size_t text_bytes(RobotKind kind) { return kind == RobotKind::kDingTalk ? 18'000 : 4'096; }

Message render(const Occasion& occasion, const Style& style) { return Writer(occasion, style).write(); }

}  // namespace tickwire::relay
