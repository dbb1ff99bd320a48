// SPDX-License-Identifier: Apache-2.0
#include "gameserver/line/spec.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "gameserver/common/duration.h"

namespace tickwire::game {
namespace {

constexpr std::size_t kDefaultQueueBytes = 64 * 1024;

std::vector<std::string> split(const std::string& text, char separator) {
  std::istringstream in(text);
  std::vector<std::string> parts;
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

// A decimal number and the unit behind it.
std::optional<std::pair<double, std::string>> number_with_unit(const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc() || !(number >= 0) || !std::isfinite(number)) return std::nullopt;
  return std::pair(number, std::string(rest, end));
}

// "1%" as 0.01.
Result<double> parse_share(const std::string& text) {
  const auto parsed = number_with_unit(text);
  if (!parsed || parsed->second != "%" || parsed->first > 100) {
    return std::unexpected(fmt::format("'{}' is no share such as 0.5%", text));
  }
  return parsed->first / 100;
}

Result<double> parse_scaled(const std::string& text, const std::map<std::string, double>& units, std::string_view example) {
  const auto parsed = number_with_unit(text);
  const auto unit = parsed ? units.find(parsed->second) : units.end();
  constexpr double kMost = 1e12;
  if (unit == units.end() || parsed->first * unit->second < 1 || parsed->first * unit->second > kMost) {
    return std::unexpected(fmt::format("'{}' is nothing such as {}", text, example));
  }
  return parsed->first * unit->second;
}

// Puts the value in its place, or passes the error on.
template <typename Place, typename Value>
Result<void> put(Place& place, const Result<Value>& value) {
  if (!value) return std::unexpected(value.error());
  place = static_cast<Place>(*value);
  return {};
}

Result<void> set_player(LineMatch& match, const std::string& text) {
  std::string host = text;
  std::string port;
  const auto colon = text.rfind(':');
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    host = close == std::string::npos ? "" : text.substr(1, close - 1);
    if (close != std::string::npos && close + 1 < text.size())
      port = text.substr(close + 1).starts_with(':') ? text.substr(close + 2) : "?";
  } else if (colon != std::string::npos && text.find(':') == colon) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  Address16 address{};
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    address[10] = address[11] = 0xff;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&v4), sizeof v4, address.begin() + 12);
  } else if (::inet_pton(AF_INET6, host.c_str(), address.data()) != 1) {
    return std::unexpected(fmt::format("'{}' is no address such as 192.0.2.1, 192.0.2.1:4000 or [2001:db8::1]:4000", text));
  }
  match.player = address;
  if (host.size() == text.size() || text == fmt::format("[{}]", host)) return {};
  std::uint16_t number = 0;
  const auto [rest, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || rest != port.data() + port.size()) return std::unexpected(fmt::format("'{}' has no port", text));
  match.player_port = number;
  return {};
}

Result<void> set_protocol(LineMatch& match, const std::string& text) {
  if (text != "udp" && text != "tcp") return std::unexpected(fmt::format("'{}' is neither udp nor tcp", text));
  match.protocol = text == "udp" ? IPPROTO_UDP : IPPROTO_TCP;
  return {};
}

Result<DelaySpec> read_trace(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::unexpected(fmt::format("cannot read {}", path));
  std::ostringstream content;
  content << file.rdbuf();
  auto trace = parse_trace(content.str());
  if (!trace) return std::unexpected(fmt::format("{}: {}", path, trace.error()));
  return trace;
}

Result<void> set_delay(DelaySpec& delay, const std::string& text) {
  if (text.starts_with("trace:")) return put(delay, read_trace(text.substr(6)));
  const auto parts = split(text, ':');
  if (parts.size() == 1) return put(delay.mean, parse_duration(parts[0]));
  if (parts.size() != 3 || parts[0] != "normal")
    return std::unexpected(fmt::format("'{}': say 30ms, normal:30ms:5ms or trace:FILE", text));
  return in_order([&] { return put(delay.mean, parse_duration(parts[1])); },
                  [&] { return put(delay.deviation, parse_duration(parts[2])); });
}

Result<void> set_loss(LossSpec& loss, const std::string& text) {
  const auto parts = split(text, ':');
  if (parts.size() == 1) return put(loss.in_good, parse_share(parts[0]));
  if (parts.size() < 3 || parts.size() > 5 || parts[0] != "gilbert") {
    return std::unexpected(fmt::format("'{}': say 1% or gilbert:TO_BAD:TO_GOOD[:IN_BAD[:IN_GOOD]]", text));
  }
  loss.in_bad = 1;
  return in_order([&] { return put(loss.to_bad, parse_share(parts[1])); },
                  [&] { return put(loss.to_good, parse_share(parts[2])); },
                  [&] { return parts.size() < 4 ? Result<void>() : put(loss.in_bad, parse_share(parts[3])); },
                  [&] { return parts.size() < 5 ? Result<void>() : put(loss.in_good, parse_share(parts[4])); });
}

Result<void> set_reorder(Impairment& impairment, const std::string& text) {
  const auto parts = split(text, ':');
  if (parts.size() != 2) return std::unexpected(fmt::format("'{}': say 1%:5ms", text));
  return in_order([&] { return put(impairment.reorder, parse_share(parts[0])); },
                  [&] { return put(impairment.reorder_by, parse_duration(parts[1])); });
}

Result<void> set(LineRule& rule, const std::string& key, const std::string& value) {
  Impairment& impairment = rule.impairment;
  if (key == "player") return set_player(rule.match, value);
  if (key == "protocol") return set_protocol(rule.match, value);
  if (key == "delay") return set_delay(impairment.delay, value);
  if (key == "loss") return set_loss(impairment.loss, value);
  if (key == "reorder") return set_reorder(impairment, value);
  if (key == "duplicate") return put(impairment.duplicate, parse_share(value));
  if (key == "rate") {
    return put(impairment.rate_bps, parse_scaled(value, {{"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}}, "2mbit"));
  }
  if (key == "queue") {
    return put(impairment.queue_bytes, parse_scaled(value, {{"b", 1}, {"kb", 1024}, {"mb", 1024 * 1024}}, "64kb"));
  }
  return std::unexpected(std::string("no such word"));
}

}  // namespace

std::string_view direction_name(Direction direction) { return direction == Direction::kUp ? "up" : "down"; }

Result<LineRule> parse_rule(std::string_view text) {
  LineRule rule;
  std::istringstream in{std::string(text)};
  std::string word;
  in >> word;
  if (word == "up") rule.match.direction = Direction::kUp;
  if (word == "down") rule.match.direction = Direction::kDown;
  if (!rule.match.direction && word != "both")
    return std::unexpected(fmt::format("'{}' begins with none of up, down, both", text));
  std::set<std::string> seen;
  while (in >> word) {
    const auto equals = word.find('=');
    const std::string key = word.substr(0, equals);
    if (equals == std::string::npos) return std::unexpected(fmt::format("{}: no such word", word));
    if (!seen.insert(key).second) return std::unexpected(fmt::format("{}: stands there twice", key));
    const auto outcome = set(rule, key, word.substr(equals + 1));
    if (!outcome) return std::unexpected(fmt::format("{}: {}", key, outcome.error()));
  }
  Impairment& impairment = rule.impairment;
  if (seen.contains("queue") && impairment.rate_bps == 0) return std::unexpected(std::string("queue: needs a rate"));
  if (impairment.rate_bps > 0 && impairment.queue_bytes == 0) impairment.queue_bytes = kDefaultQueueBytes;
  return rule;
}

Result<DelaySpec> parse_trace(std::string_view content) {
  DelaySpec delay;
  std::istringstream in{std::string(content)};
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    std::istringstream words(line);
    std::string offset_text;
    std::string delay_text;
    std::string more;
    words >> offset_text >> delay_text;
    if (offset_text.empty()) continue;
    const auto fail = [number](std::string_view what) { return std::unexpected(fmt::format("line {}: {}", number, what)); };
    if (words >> more || delay.trace_period > Nanoseconds::zero()) return fail("is not 'OFFSET DELAY', or comes after 'repeat'");
    const auto offset = parse_duration(offset_text);
    if (!offset) return fail(offset.error());
    const bool first = delay.trace.empty();
    if (first ? *offset != Nanoseconds::zero() : *offset <= delay.trace.back().offset) {
      return fail("offsets begin with 0 and grow");
    }
    if (delay_text == "repeat" && !first) {
      delay.trace_period = *offset;
      continue;
    }
    const auto wait = parse_duration(delay_text);
    if (!wait) return fail(wait.error());
    delay.trace.push_back({.offset = *offset, .delay = *wait});
  }
  if (delay.trace.empty()) return std::unexpected(std::string("has no line 'OFFSET DELAY'"));
  return delay;
}

}  // namespace tickwire::game
