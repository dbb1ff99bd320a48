// SPDX-License-Identifier: Apache-2.0
#include "relay/markdown.h"

#include <fmt/format.h>

#include <array>
#include <cctype>

namespace tickwire::relay {
namespace {

constexpr std::size_t kLongestUrl = 512;
// RFC 3986 2.2 and 2.3, less what markdown ends a link with and the at sign, which mentions begin with.
constexpr std::string_view kUrlCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#$&+,;=%";

struct Wide {
  char narrow;
  std::string_view wide;
};
constexpr std::array kWide{Wide{'<', "＜"}, Wide{'>', "＞"},  Wide{'[', "［"}, Wide{']', "］"}, Wide{'`', "｀"}, Wide{'*', "＊"},
                           Wide{'@', "＠"}, Wide{'\\', "＼"}, Wide{'~', "～"}, Wide{'&', "＆"}, Wide{'|', "｜"}};

bool is_letter(std::string_view text, std::size_t at) {
  return at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '_');
}

// An underscore inside of a word emphasises nothing, and names are full of them.
bool is_inside_word(std::string_view text, std::size_t at) {
  return at > 0 && is_letter(text, at - 1) && is_letter(text, at + 1);
}

}  // namespace

std::string plain(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F) {
      if (!result.empty() && result.back() != ' ') result += ' ';
      continue;
    }
    if (c == '_' && !is_inside_word(text, at)) {
      result += "＿";
      continue;
    }
    std::string_view written = text.substr(at, 1);
    for (const Wide& each : kWide) {
      if (each.narrow == c) written = each.wide;
    }
    result += written;
  }
  return result;
}

std::string link(std::string_view text, std::string_view url) {
  if (!url.starts_with("https://") && !url.starts_with("http://")) return {};
  std::string encoded;
  for (const char c : url) {
    if (c != '\0' && kUrlCharacters.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
    if (encoded.size() > kLongestUrl) return {};
  }
  return fmt::format("[{}]({})", text, encoded);
}

std::string resolved_url(std::string_view url, std::string_view base) {
  if (url.empty() || url.starts_with("https://") || url.starts_with("http://")) return std::string(url);
  // Another scheme is no path: "javascript:..." must not become one of ours either.
  const std::size_t colon = url.find(':');
  if (base.empty() || (colon != std::string_view::npos && colon < url.find_first_of("/?#"))) return {};
  while (base.ends_with('/')) base.remove_suffix(1);
  while (url.starts_with('/')) url.remove_prefix(1);
  return fmt::format("{}/{}", base, url);
}

}  // namespace tickwire::relay
