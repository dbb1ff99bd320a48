// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/routing.h"

#include <algorithm>
#include <utility>

#include "gameserver/web/ascii.h"

namespace tickwire::game {
std::optional<Target> split_target(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (same_but_case(target.substr(0, kScheme.size()), kScheme)) {
    target.remove_prefix(kScheme.size());
    const auto host_bytes = std::min(target.find_first_of("/?"), target.size());
    if (host_bytes == 0) return std::nullopt;
    target.remove_prefix(host_bytes);
    if (target.empty()) target = "/";
    if (target.front() == '?') return Target{.path = "/", .query = target.substr(1)};
  }
  if (target.empty() || target.front() != '/') return std::nullopt;
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return Target{.path = target, .query = {}};
  return Target{.path = target.substr(0, mark), .query = target.substr(mark + 1)};
}

const HttpRoute* RouteTable::find(std::string_view path, HttpMethod method) const {
  const auto found =
      std::ranges::find_if(routes_, [&](const auto& route) { return route.path == path && route.method == method; });
  return found == routes_.end() ? nullptr : &*found;
}

std::string RouteTable::allowed(std::string_view path) const {
  std::string methods;
  if (find(path, HttpMethod::kGet) != nullptr) methods = "GET, HEAD";
  if (find(path, HttpMethod::kPost) != nullptr) methods += methods.empty() ? "POST" : ", POST";
  return methods;
}

}  // namespace tickwire::game
