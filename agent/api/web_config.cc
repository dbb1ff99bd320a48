// SPDX-License-Identifier: Apache-2.0
#include "api/web_config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <set>

#include "base/read.h"
#include "base/text.h"

namespace tickwire::api {
namespace {

constexpr std::size_t kMostFileBytes = 64 * 1024;

// Printable and short, for a message.
std::string shown(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, 64)) result += c >= ' ' && c <= '~' ? c : '?';
  return result;
}

// What the exporters know besides, and Tickwire does not do.
constexpr std::array<std::string_view, 11> kNotServed{
    "http_server_config", "rate_limit",          "cert",          "key",
    "client_ca",          "max_version",         "cipher_suites", "prefer_server_cipher_suites",
    "curve_preferences",  "client_allowed_sans", "ticket_key"};

Result<std::string> text_of(const std::string& key, const YAML::Node& node) {
  if (!node.IsScalar()) return fail_usage(fmt::format("{}: a text is wanted", key));
  return node.Scalar();
}

// Calls with each key of a map, once. `known` says of a key whether there is such a one.
Result<void> each_key(const std::string& where, const YAML::Node& map,
                      const std::function<std::optional<Result<void>>(const std::string& key, const YAML::Node& value)>& take) {
  if (!map.IsMap()) return fail_usage(fmt::format("{}: keys with values are wanted", where));
  std::set<std::string> seen;
  for (const auto& entry : map) {
    const auto key = text_of(where, entry.first);
    if (!key) return std::unexpected(key.error());
    if (!seen.insert(*key).second) return fail_usage(fmt::format("{}: key '{}' is given twice", where, shown(*key)));
    const std::optional<Result<void>> taken = take(*key, entry.second);
    if (taken && !*taken) return *taken;
    if (taken) continue;
    const bool elsewhere = std::ranges::find(kNotServed, *key) != kNotServed.end();
    return fail_usage(fmt::format("{}: {} '{}'", where, elsewhere ? "not supported here:" : "unknown key", shown(*key)));
  }
  return {};
}

Result<void> set_path(const std::string& key, const YAML::Node& node, const std::string& folder, std::string& target) {
  const auto text = text_of(key, node);
  if (!text) return std::unexpected(text.error());
  if (text->find('\0') != std::string::npos) return fail_usage(fmt::format("{}: not a path", key));
  // Empty counts as not given, as with the exporters.
  target = text->empty() ? "" : (std::filesystem::path(folder) / *text).lexically_normal().string();
  return {};
}

Result<void> set_client_auth(const YAML::Node& node, bool& target) {
  const auto text = text_of("client_auth_type", node);
  if (!text) return std::unexpected(text.error());
  if (*text != "RequireAndVerifyClientCert" && *text != "NoClientCert" && !text->empty()) {
    return fail_usage(
        fmt::format("client_auth_type '{}' is not supported here: NoClientCert or RequireAndVerifyClientCert", shown(*text)));
  }
  target = *text == "RequireAndVerifyClientCert";
  return {};
}

Result<void> set_version(const YAML::Node& node, TlsConfig::Version& target) {
  const auto text = text_of("min_version", node);
  if (!text) return std::unexpected(text.error());
  if (*text != "TLS12" && *text != "TLS13") {
    return fail_usage(fmt::format("min_version '{}' is not supported here: TLS12 or TLS13", shown(*text)));
  }
  target = *text == "TLS13" ? TlsConfig::Version::kTls13 : TlsConfig::Version::kTls12;
  return {};
}

Result<TlsConfig> parse_tls(const YAML::Node& node, const std::string& folder) {
  TlsConfig tls;
  bool clients = false;
  auto done =
      each_key("tls_server_config", node, [&](const std::string& key, const YAML::Node& value) -> std::optional<Result<void>> {
        if (key == "cert_file") return set_path(key, value, folder, tls.certificate_file);
        if (key == "key_file") return set_path(key, value, folder, tls.key_file);
        if (key == "client_ca_file") return set_path(key, value, folder, tls.client_ca_file);
        if (key == "client_auth_type") return set_client_auth(value, clients);
        if (key == "min_version") return set_version(value, tls.least);
        return std::nullopt;
      });
  if (!done) return std::unexpected(done.error());
  if (tls.certificate_file.empty()) return fail_usage("tls_server_config: cert_file is missing");
  if (tls.key_file.empty()) return fail_usage("tls_server_config: key_file is missing");
  if (clients && tls.client_ca_file.empty()) {
    return fail_usage("client_auth_type RequireAndVerifyClientCert wants a client_ca_file");
  }
  if (!clients && !tls.client_ca_file.empty()) {
    return fail_usage("client_ca_file wants client_auth_type RequireAndVerifyClientCert");
  }
  return tls;
}

// "$2y$10$" and 53 characters of bcrypt's alphabet: salt and hash.
Result<void> check_hash(const std::string& user, std::string_view hash) {
  constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const auto bad = [&](std::string_view why) { return fail_usage(fmt::format("basic_auth_users: {}: {}", shown(user), why)); };
  const bool kind = hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
  if (!kind || hash.size() != 60 || hash[6] != '$' || hash.substr(7).find_first_not_of(kAlphabet) != std::string_view::npos) {
    return bad("not a bcrypt hash");
  }
  const auto cost = parse_number(hash.substr(4, 2), 4, 31);
  if (!cost) return bad("not a bcrypt hash");
  if (*cost > kMostBcryptCost) return bad(fmt::format("cost {}, at most {} is taken", *cost, kMostBcryptCost));
  return {};
}

Result<void> parse_users(const YAML::Node& node, std::map<std::string, std::string>& users) {
  return each_key("basic_auth_users", node, [&](const std::string& user, const YAML::Node& value) -> std::optional<Result<void>> {
    // RFC 7617: a name has no colon.
    if (user.empty() || user.find(':') != std::string::npos)
      return fail_usage("basic_auth_users: a name is empty or has a colon");
    const auto hash = text_of("basic_auth_users", value);
    if (!hash) return std::unexpected(hash.error());
    users[user] = *hash;
    return check_hash(user, *hash);
  });
}

}  // namespace

Result<WebConfig> parse_web_config(std::string_view yaml, const std::string& folder) try {
  if (yaml.size() > kMostFileBytes) return fail_usage(fmt::format("longer than {} bytes", kMostFileBytes));
  const YAML::Node root = YAML::Load(std::string(yaml));
  WebConfig config;
  if (root.IsNull()) return config;
  auto done =
      each_key("web configuration", root, [&](const std::string& key, const YAML::Node& value) -> std::optional<Result<void>> {
        if (key == "basic_auth_users") return value.IsNull() ? Result<void>() : parse_users(value, config.users);
        if (key != "tls_server_config") return std::nullopt;
        if (value.IsNull()) return Result<void>();
        auto tls = parse_tls(value, folder);
        if (!tls) return std::unexpected(tls.error());
        config.tls = *std::move(tls);
        return Result<void>();
      });
  if (!done) return std::unexpected(done.error());
  return config;
} catch (const YAML::Exception& error) {
  return fail_usage(fmt::format("line {}: {}", error.mark.line + 1, error.msg));
}

Result<WebConfig> read_web_config(const std::string& path) {
  const auto text = read_file(path, kMostFileBytes);
  if (!text) return within("web-config", text.error());
  auto config = parse_web_config(*text, std::filesystem::path(path).parent_path());
  if (!config) return within(path, config.error());
  return config;
}

Result<std::string> read_file(const std::string& path, std::size_t most_bytes) {
  const auto opened = open_to_read(path);
  if (!opened) return fail_errno(opened.error(), "read", path);
  if (!opened->is_regular()) return fail_usage(fmt::format("read {}: not a regular file", path));
  auto text = read_to_end(opened->file.fd(), most_bytes);
  if (text) return std::move(*text);
  if (text.error() == EFBIG) return fail_usage(fmt::format("read {}: longer than {} bytes", path, most_bytes));
  return fail_errno(text.error(), "read", path);
}

}  // namespace tickwire::api
