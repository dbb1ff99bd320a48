// SPDX-License-Identifier: Apache-2.0
#include "model/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.h"

namespace tickwire::model {
namespace {

constexpr std::size_t kGroups = 8;
constexpr unsigned kV4PrefixBits = 96;
constexpr std::array<std::uint8_t, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// A number of 1 .. `longest` digits of the base with no sign; with `plain`, no zero before another digit (an octal number to
// some).
std::optional<unsigned> small_number(std::string_view text, int base, std::size_t longest, bool plain) {
  if (text.empty() || text.size() > longest || (plain && text.size() > 1 && text.front() == '0')) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::array<std::uint8_t, 4>> parse_dotted_quad(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '.');
  std::array<std::uint8_t, 4> bytes{};
  if (parts.size() != bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::optional<unsigned> value = small_number(parts[i], 10, 3, true);
    if (!value || *value > 255) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(*value);
  }
  return bytes;
}

// Groups of 16 bits between colons, no "::" in them; the last 32 bits may be a dotted quad where `quad_allowed`.
std::optional<std::vector<std::uint16_t>> parse_groups(std::string_view text, bool quad_allowed) {
  std::vector<std::uint16_t> groups;
  const std::vector<std::string_view> parts = split(text, ':');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (quad_allowed && i + 1 == parts.size() && parts[i].contains('.')) {
      const auto quad = parse_dotted_quad(parts[i]);
      if (!quad) return std::nullopt;
      groups.push_back(static_cast<std::uint16_t>((*quad)[0] << 8 | (*quad)[1]));
      groups.push_back(static_cast<std::uint16_t>((*quad)[2] << 8 | (*quad)[3]));
      continue;
    }
    const std::optional<unsigned> value = small_number(parts[i], 16, 4, false);
    if (!value) return std::nullopt;
    groups.push_back(static_cast<std::uint16_t>(*value));
  }
  return groups;
}

std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto head = parse_groups(text.substr(0, gap), !has_gap);
  const auto tail = has_gap ? parse_groups(text.substr(gap + 2), true) : std::vector<std::uint16_t>{};
  if (!head || !tail) return std::nullopt;
  // "::" stands for one group at least (RFC 4291 2.2).
  const std::size_t written = head->size() + tail->size();
  if (has_gap ? written >= kGroups : written != kGroups) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  const auto put = [&bytes](std::size_t group, std::uint16_t value) {
    bytes[2 * group] = static_cast<std::uint8_t>(value >> 8);
    bytes[2 * group + 1] = static_cast<std::uint8_t>(value & 0xff);
  };
  for (std::size_t i = 0; i < head->size(); ++i) put(i, (*head)[i]);
  for (std::size_t i = 0; i < tail->size(); ++i) put(kGroups - tail->size() + i, (*tail)[i]);
  return bytes;
}

// The longest run of two or more zero groups, the first of equals (RFC 5952 4.2): its first group and its length, 0 for none.
std::pair<std::size_t, std::size_t> longest_gap(const std::array<std::uint16_t, kGroups>& groups) {
  std::size_t best = 0;
  std::size_t best_length = 0;
  for (std::size_t begin = 0; begin < kGroups; ++begin) {
    std::size_t end = begin;
    while (end < kGroups && groups[end] == 0) ++end;
    if (end - begin >= 2 && end - begin > best_length) std::tie(best, best_length) = std::pair(begin, end - begin);
  }
  return {best, best_length};
}

}  // namespace

IpAddress IpAddress::v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  IpAddress address;
  std::ranges::copy(kV4Prefix, address.bytes.begin());
  std::ranges::copy(std::array{a, b, c, d}, address.bytes.begin() + kV4Prefix.size());
  return address;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.contains(':')) {
    if (const auto bytes = parse_v6(text)) return IpAddress{*bytes};
  } else if (const auto quad = parse_dotted_quad(text)) {
    return v4((*quad)[0], (*quad)[1], (*quad)[2], (*quad)[3]);
  }
  return fail_usage(fmt::format("\"{}\" is not an IP address", text), "write it like 192.0.2.1 or 2001:db8::1");
}

bool IpAddress::is_v4() const { return std::ranges::equal(std::span(bytes).first(kV4Prefix.size()), kV4Prefix); }

std::string IpAddress::text() const {
  if (is_v4()) return fmt::format("{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]);
  std::array<std::uint16_t, kGroups> groups{};
  for (std::size_t i = 0; i < kGroups; ++i) groups[i] = static_cast<std::uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  const auto [gap, gap_length] = longest_gap(groups);
  std::string text;
  for (std::size_t i = 0; i < kGroups;) {
    if (gap_length > 0 && i == gap) {
      text += "::";
      i += gap_length;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    fmt::format_to(std::back_inserter(text), "{:x}", groups[i++]);
  }
  return text;
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto bad = [text] {
    return fail_usage(fmt::format("\"{}\" is not an address with a port", text),
                      "write it like 192.0.2.1:7777 or [2001:db8::1]:7777");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // Brackets are for IPv6 alone, and IPv6 needs them: without, its last group would be the port.
  if (bracketed != host.contains(':')) return bad();
  const auto address = IpAddress::parse(host);
  const auto port = parse_number(text.substr(colon + 1), 0, std::numeric_limits<std::uint16_t>::max());
  if (!address || !port) return bad();
  return Endpoint{.address = *address, .port = static_cast<std::uint16_t>(*port)};
}

std::string Endpoint::text() const {
  return address.is_v4() ? fmt::format("{}:{}", address.text(), port) : fmt::format("[{}]:{}", address.text(), port);
}

Result<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const auto address = IpAddress::parse(host);
  if (!address)
    return fail_usage(fmt::format("\"{}\" is not a prefix or an address", text), "write it like 192.0.2.0/24 or 2001:db8::/32");
  Cidr cidr{.address = *address, .length = 128};
  if (slash != std::string_view::npos) {
    // By how it is written, not by what it is: ::ffff:192.0.2.0/120 is an IPv4 network with an IPv6 length.
    const unsigned before = host.contains(':') ? 0 : kV4PrefixBits;
    const auto length = parse_number(text.substr(slash + 1), 0, 128 - before);
    if (!length) return fail_usage(fmt::format("prefix \"{}\": the length: {}", text, length.error().message));
    cidr.length = static_cast<unsigned>(*length) + before;
  }
  for (unsigned bit = cidr.length; bit < 128; ++bit) {
    cidr.address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  }
  return cidr;
}

bool Cidr::contains(const IpAddress& candidate) const {
  const unsigned whole = std::min(length, 128U) / 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole, candidate.bytes.begin())) return false;
  const unsigned rest = std::min(length, 128U) % 8;
  return rest == 0 || (address.bytes[whole] ^ candidate.bytes[whole]) >> (8 - rest) == 0;
}

}  // namespace tickwire::model

std::size_t std::hash<tickwire::model::Endpoint>::operator()(const tickwire::model::Endpoint& endpoint) const noexcept {
  // Two multiplications by the odd number nearest 2^64 / golden ratio: neighbouring addresses and ports land far apart.
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), endpoint.address.bytes.data(), sizeof(words));
  const std::uint64_t mixed = (words[0] ^ (words[1] + endpoint.port) * kGolden) * kGolden;
  return static_cast<std::size_t>(mixed ^ (mixed >> 32));
}
