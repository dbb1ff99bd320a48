// What it owns: a handle of libcurl, and the body of an answer within a bound.
// Who may use it: api and relay.
// Thread: a handle on one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"

namespace tickwire::api {

struct CleanUpCurl {
  void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
};
using CurlHandle = std::unique_ptr<CURL, CleanUpCurl>;

// Sets the library up once in a process, on first use, whatever thread that is. The error says that it cannot be, or that memory
// ran out.
[[nodiscard]] Result<CurlHandle> open_curl();

// For CURLOPT_WRITEFUNCTION: appends to the std::string that is the target. A body of more than kMostBytes ends the transfer with
// CURLE_WRITE_ERROR.
template <std::size_t kMostBytes>
std::size_t append_body(char* data, std::size_t size, std::size_t count, void* target) noexcept try {
  auto& body = *static_cast<std::string*>(target);
  const std::size_t bytes = size * count;
  if (body.size() + bytes > kMostBytes) return 0;
  body.append(data, bytes);
  return bytes;
} catch (...) {
  return 0;
}

}  // namespace tickwire::api
