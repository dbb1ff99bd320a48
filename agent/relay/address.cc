// SPDX-License-Identifier: Apache-2.0
#include "relay/address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

namespace tickwire::relay {
namespace {

struct CleanUpUrl {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, CleanUpUrl>;

std::optional<std::string> part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (::curl_url_get(url, part, &text, 0) != CURLUE_OK) return std::nullopt;
  std::string result(text);
  ::curl_free(text);
  return result;
}

// "127.example.net" is somebody else's name: only an address counts.
bool is_loopback(const std::string& host) {
  in_addr address{};
  return host == "localhost" || host == "[::1]" ||
         (::inet_pton(AF_INET, host.c_str(), &address) == 1 && host.starts_with("127."));
}

std::string_view token_name(RobotKind kind) { return kind == RobotKind::kDingTalk ? "access_token=" : "key="; }

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // EVP_EncodeBlock ends with a zero
  const int length = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                       reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

}  // namespace

Result<void> check_address(RobotKind kind, const std::string& address) {
  const std::string_view example = kind == RobotKind::kDingTalk ? "https://oapi.dingtalk.com/robot/send?access_token=..."
                                                                : "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=...";
  const std::string hint = fmt::format("copy it from the robot's page: {}", example);
  const Url url(::curl_url());
  if (!url || ::curl_url_set(url.get(), CURLUPART_URL, address.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return fail_usage("what is in it is no URL", hint);
  }
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME).value_or("");
  const std::string host = part_of(url.get(), CURLUPART_HOST).value_or("");
  if (scheme != "https" && !(scheme == "http" && is_loopback(host))) {
    return fail_usage("the URL in it is not https, and http is for loopback addresses alone", hint);
  }
  if (part_of(url.get(), CURLUPART_USER) || part_of(url.get(), CURLUPART_PASSWORD) || part_of(url.get(), CURLUPART_FRAGMENT)) {
    return fail_usage("the URL in it has a user, a password or a fragment", hint);
  }
  if (token_of(kind, address).empty()) return fail_usage(fmt::format("the URL in it has no {}", token_name(kind)), hint);
  return {};
}

std::string_view token_of(RobotKind kind, std::string_view address) {
  std::string_view query = address.substr(std::min(address.find('?'), address.size()));
  while (!query.empty()) {
    query.remove_prefix(1);  // the question mark, or an ampersand
    const std::string_view pair = query.substr(0, query.find('&'));
    if (pair.starts_with(token_name(kind))) return pair.substr(token_name(kind).size());
    query.remove_prefix(pair.size());
  }
  return {};
}

std::string signature(std::chrono::milliseconds unix_time, std::string_view secret) {
  const std::string text = fmt::format("{}\n{}", unix_time.count(), secret);
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned length = 0;
  if (::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(text.data()),
             text.size(), code.data(), &length) == nullptr) {
    return {};
  }
  return base64({reinterpret_cast<const char*>(code.data()), length});
}

std::string signed_address(std::string_view address, std::chrono::milliseconds unix_time, std::string_view secret) {
  std::string sign;
  for (const char c : signature(unix_time, secret)) {
    // Of base64, these three mean something else in a query.
    sign += c == '+' ? "%2B" : c == '/' ? "%2F" : c == '=' ? "%3D" : std::string(1, c);
  }
  return fmt::format("{}&timestamp={}&sign={}", address, unix_time.count(), sign);
}

}  // namespace tickwire::relay
