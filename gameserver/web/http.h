// What it owns: an HTTP request and its answer as values, whoever carries them.
// Who may use it: every module with an HTTP face; the web gateway is the only one that speaks HTTP.
// Thread: a handler is called on the web gateway's; the reply may be given on any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gameserver/common/endpoint.h"

namespace tickwire::game {

enum class HttpMethod { kGet, kPost };

// Has something called on the gateway's thread, at most once, if the client goes, or is told that it took too long, before the
// answer is given. During the handler's call alone; the latest counts.
using HttpWhenGone = std::function<void(std::move_only_function<void()>)>;

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  std::string path;           // "/login": without the query
  std::string query;          // behind '?'; empty: none
  std::string authorization;  // the header's value; empty: none
  std::string body;           // at most 4 KiB: the gateway answers 413 to more
  Endpoint remote;
  HttpWhenGone when_gone;  // never empty in a request that the gateway made
};

struct HttpResponse {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;  // such as Retry-After
};

// Gives the answer, once. One that is thrown away without a call is answered 500 by the gateway.
using HttpReply = std::move_only_function<void(HttpResponse)>;
using HttpHandler = std::function<void(const HttpRequest&, HttpReply)>;

// A path and method with its handler; another method of a known path is answered 405, an unknown path 404, by the gateway.
struct HttpRoute {
  HttpMethod method = HttpMethod::kGet;
  std::string path;
  HttpHandler handler;
};

// {"error":"REASON","message":"..."} with this status.
[[nodiscard]] HttpResponse http_error(unsigned status, std::string_view reason, std::string_view message);

}  // namespace tickwire::game
