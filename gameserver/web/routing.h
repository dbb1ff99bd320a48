// What it owns: what a request's target means, and which handler it goes to.
// Who may use it: web/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gameserver/web/http.h"

namespace tickwire::game {

// Views of the target that was split.
struct Target {
  std::string_view path;
  std::string_view query;  // behind '?'; empty: none
  friend bool operator==(const Target&, const Target&) = default;
};
// A request's target in origin form, "/path?query", or in absolute form, "http://host/path?query" (RFC 9112 3.2); nullopt: neither. The
// path is compared with routes as it is: nothing of it is decoded.
[[nodiscard]] std::optional<Target> split_target(std::string_view target);

class RouteTable {
 public:
  // The first of two routes of the same path and method counts.
  explicit RouteTable(std::vector<HttpRoute> routes) : routes_(std::move(routes)) {}

  // Null: no such path, or not with this method.
  [[nodiscard]] const HttpRoute* find(std::string_view path, HttpMethod method) const;
  // For the header Allow: "GET, HEAD, POST"; empty: no such path.
  [[nodiscard]] std::string allowed(std::string_view path) const;

 private:
  std::vector<HttpRoute> routes_;
};

}  // namespace tickwire::game
