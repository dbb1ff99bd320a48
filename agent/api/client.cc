// SPDX-License-Identifier: Apache-2.0
#include "api/client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <cerrno>
#include <memory>
#include <string_view>

namespace tickwire::api {
namespace {

constexpr long kTimeoutMs = 10'000;
constexpr std::size_t kMostBytes = 256UL << 20;
constexpr std::size_t kLongestSocketPath = 107;  // sockaddr_un.sun_path less its end

struct CleanUp {
  void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, CleanUp>;

// The library is set up once in a process; a local static does it on first use, whatever thread that is.
bool library_ready() {
  static const CURLcode code = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  return code == CURLE_OK;
}

std::size_t append(char* data, std::size_t size, std::size_t count, void* target) noexcept try {
  auto& body = *static_cast<std::string*>(target);
  const std::size_t bytes = size * count;
  if (body.size() + bytes > kMostBytes) return 0;  // CURLE_WRITE_ERROR
  body.append(data, bytes);
  return bytes;
} catch (...) {
  return 0;
}

// RFC 3986 2.3: everything but unreserved characters and those of `keep` becomes %XX.
std::string escaped(std::string_view text, std::string_view keep) {
  constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string result;
  for (const char c : text) {
    if (c != '\0' && (kUnreserved.find(c) != std::string_view::npos || keep.find(c) != std::string_view::npos)) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return result;
}

std::string url(std::string_view path, const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string result = "http://localhost" + escaped(path, "/");
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    result += fmt::format("{}{}={}", separator, escaped(name, ""), escaped(value, ""));
    separator = '&';
  }
  return result;
}

std::unexpected<Error> fail_request(CURLcode code, long error, const std::string& socket_path) {
  const std::string hint = "start one with `tickwire run`, or name its socket with --api-socket";
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return fail(fmt::format("the agent on {} did not answer within {} s", socket_path, kTimeoutMs / 1000));
  }
  if (code == CURLE_WRITE_ERROR) return fail(fmt::format("the answer of the agent on {} is longer than 256 MiB", socket_path));
  if (error == EACCES || error == EPERM) {
    return fail_errno(static_cast<int>(error), "connect to", socket_path,
                      "use sudo, or become a member of the group that the socket belongs to");
  }
  if (code == CURLE_COULDNT_CONNECT) {
    const std::string reason = error > 0 ? errno_text(static_cast<int>(error)) : std::string("connection failed");
    return fail(fmt::format("no agent answers on {}: {}", socket_path, reason), hint);
  }
  return fail(fmt::format("ask the agent on {}: {}", socket_path, ::curl_easy_strerror(code)), hint);
}

}  // namespace

Result<Reply> get(const std::string& socket_path, const std::string& path,
                  const std::vector<std::pair<std::string, std::string>>& parameters) {
  if (socket_path.empty() || socket_path.size() > kLongestSocketPath) {
    return fail_usage(fmt::format("api-socket '{}': a path of 1 .. {} bytes is wanted", socket_path, kLongestSocketPath));
  }
  if (!library_ready()) return fail("set up libcurl: failed");
  const Handle handle(::curl_easy_init());
  if (!handle) return fail("set up libcurl: out of memory");
  Reply reply;
  const std::string address = url(path, parameters);
  ::curl_easy_setopt(handle.get(), CURLOPT_URL, address.c_str());
  ::curl_easy_setopt(handle.get(), CURLOPT_UNIX_SOCKET_PATH, socket_path.c_str());
  ::curl_easy_setopt(handle.get(), CURLOPT_PROXY, "");  // whatever the environment says
  ::curl_easy_setopt(handle.get(), CURLOPT_PATH_AS_IS, 1L);
  ::curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, kTimeoutMs);
  ::curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, append);
  ::curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &reply.body);
  const CURLcode code = ::curl_easy_perform(handle.get());
  if (code != CURLE_OK) {
    long error = 0;
    ::curl_easy_getinfo(handle.get(), CURLINFO_OS_ERRNO, &error);
    return fail_request(code, error, socket_path);
  }
  ::curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  return reply;
}

}  // namespace tickwire::api
