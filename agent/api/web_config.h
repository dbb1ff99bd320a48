// What it owns: the web configuration file: TLS and basic authentication of the TCP listener, in the format that Prometheus' exporters
//               share (exporter-toolkit, docs/web-configuration.md), as far as it is served here.
// Who may use it: api; tests.
// Thread: any, values. The file and those that it names are read within 64 KiB and 1 MiB each.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tickwire::api {

struct TlsConfig {
  enum class Version : std::uint8_t { kTls12, kTls13 };
  std::string certificate_file;  // PEM: the server's certificate, then those between it and its root
  std::string key_file;          // PEM
  std::string client_ca_file;    // PEM: who may sign clients' certificates; empty: clients show none
  Version least = Version::kTls12;
  friend bool operator==(const TlsConfig&, const TlsConfig&) = default;
};

struct WebConfig {
  std::optional<TlsConfig> tls;              // none: plain HTTP
  std::map<std::string, std::string> users;  // bcrypt hashes by name; empty: no password is asked for
  friend bool operator==(const WebConfig&, const WebConfig&) = default;
};

// Costs above this would keep the server's only thread busy for too long: a check at 12 takes some 0.2 s.
inline constexpr int kMostBcryptCost = 12;

// The text of a file; relative paths in it begin at `folder`. Usage errors name the key: unknown, given twice, of the wrong kind, known to
// exporters but not served here, a hash that is not bcrypt or costs too much.
[[nodiscard]] Result<WebConfig> parse_web_config(std::string_view yaml, const std::string& folder);
// The same of a file. Errors name it: not there, no permission, too long, or as above.
[[nodiscard]] Result<WebConfig> read_web_config(const std::string& path);

// A whole file of at most `most_bytes`. Errors name it.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t most_bytes);

}  // namespace tickwire::api
