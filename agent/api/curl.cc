// SPDX-License-Identifier: Apache-2.0
#include "api/curl.h"

namespace tickwire::api {

Result<CurlHandle> open_curl() {
  static const CURLcode code = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) return fail("set up libcurl: failed");
  CurlHandle handle(::curl_easy_init());
  if (!handle) return fail("set up libcurl: out of memory");
  return handle;
}

}  // namespace tickwire::api
