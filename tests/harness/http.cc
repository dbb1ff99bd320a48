// SPDX-License-Identifier: Apache-2.0
#include "harness/http.h"

#include <curl/curl.h>

#include <memory>

namespace tickwire::harness {

namespace {

std::size_t append(char* data, std::size_t, std::size_t bytes, void* body) {
  static_cast<std::string*>(body)->append(data, bytes);
  return bytes;
}

Reply request(const std::string& url, const std::string& socket_path, const std::string* posted) {
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(::curl_easy_init(), ::curl_easy_cleanup);
  Reply reply;
  ::curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  ::curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  ::curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, 5000L);
  ::curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  ::curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &reply.body);
  if (!socket_path.empty()) ::curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket_path.c_str());
  if (posted != nullptr) ::curl_easy_setopt(curl.get(), CURLOPT_COPYPOSTFIELDS, posted->c_str());
  const CURLcode code = ::curl_easy_perform(curl.get());
  if (code != CURLE_OK) return {.status = 0, .content_type = {}, .body = ::curl_easy_strerror(code)};
  ::curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  const char* type = nullptr;
  ::curl_easy_getinfo(curl.get(), CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) reply.content_type = type;
  return reply;
}

Reply over_tcp(const Namespace& network, std::uint16_t port, const std::string& path, const std::string* posted) {
  Reply reply;
  network.enter([&] { reply = request("http://127.0.0.1:" + std::to_string(port) + path, {}, posted); });
  return reply;
}

}  // namespace

Reply get_unix(const std::string& socket_path, const std::string& path) {
  return request("http://localhost" + path, socket_path, nullptr);
}

Reply get_tcp(const Namespace& network, std::uint16_t port, const std::string& path) {
  return over_tcp(network, port, path, nullptr);
}

Reply post_tcp(const Namespace& network, std::uint16_t port, const std::string& path, const std::string& body) {
  return over_tcp(network, port, path, &body);
}

}  // namespace tickwire::harness
