// SPDX-License-Identifier: Apache-2.0
#include "api/client.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "api/curl.h"
#include "base/clock.h"

namespace tickwire::api {
namespace {

constexpr long kTimeoutMs = 10'000;
constexpr std::chrono::seconds kSilence{30};  // of a stream: three times the time between heartbeats
constexpr int kPollMs = 100;
constexpr std::size_t kMostBytes = 256UL << 20;
constexpr std::size_t kLongestSocketPath = 107;  // sockaddr_un.sun_path less its end

constexpr auto append = append_body<kMostBytes>;

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

// A handle that will ask for the path.
Result<CurlHandle> open(const std::string& socket_path, const std::string& path,
                        const std::vector<std::pair<std::string, std::string>>& parameters) {
  if (socket_path.empty() || socket_path.size() > kLongestSocketPath) {
    return fail_usage(fmt::format("api-socket '{}': a path of 1 .. {} bytes is wanted", socket_path, kLongestSocketPath));
  }
  Result<CurlHandle> opened = open_curl();
  if (!opened) return opened;
  CURL* const handle = opened->get();
  ::curl_easy_setopt(handle, CURLOPT_URL, url(path, parameters).c_str());  // copied
  ::curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, socket_path.c_str());
  ::curl_easy_setopt(handle, CURLOPT_PROXY, "");  // whatever the environment says
  ::curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  ::curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  return opened;
}

long status_of(CURL* handle) {
  long status = 0;
  ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::unexpected<Error> fail_request(CURLcode code, CURL* handle, const std::string& socket_path) {
  long error = 0;
  ::curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &error);
  return fail_request(code, error, socket_path);
}

// An answer that goes on, while it comes.
struct Following {
  CURL* handle;
  const Follower* follower;
  Reply reply{};
  bool enough = false;
  std::chrono::nanoseconds heard = monotonic_now();
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* target) noexcept try {
  auto& following = *static_cast<Following*>(target);
  following.heard = monotonic_now();
  following.reply.status = status_of(following.handle);
  if (following.reply.status < 200 || following.reply.status > 299) return append(data, size, count, &following.reply.body);
  following.enough = !following.follower->take(std::string_view(data, size * count));
  return following.enough ? 0 : size * count;
} catch (...) {
  return 0;
}

struct CleanUpMulti {
  void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
};

// Until the transfer has ended; none: the follower has enough, or the agent is silent.
std::optional<CURLcode> transfer(CURLM* multi, Following& following) {
  for (;;) {
    int running = 0;
    if (::curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
    if (running == 0) {
      int left = 0;
      const CURLMsg* message = ::curl_multi_info_read(multi, &left);
      return message != nullptr ? message->data.result : CURLE_OUT_OF_MEMORY;
    }
    if (following.follower->stopped()) {
      following.enough = true;
      return std::nullopt;
    }
    if (monotonic_now() - following.heard > kSilence) return std::nullopt;
    ::curl_multi_poll(multi, nullptr, 0, kPollMs, nullptr);
  }
}

}  // namespace

Result<Reply> get(const std::string& socket_path, const std::string& path,
                  const std::vector<std::pair<std::string, std::string>>& parameters) {
  const Result<CurlHandle> handle = open(socket_path, path, parameters);
  if (!handle) return std::unexpected(handle.error());
  Reply reply;
  ::curl_easy_setopt(handle->get(), CURLOPT_TIMEOUT_MS, kTimeoutMs);
  ::curl_easy_setopt(handle->get(), CURLOPT_WRITEFUNCTION, append);
  ::curl_easy_setopt(handle->get(), CURLOPT_WRITEDATA, &reply.body);
  const CURLcode code = ::curl_easy_perform(handle->get());
  if (code != CURLE_OK) return fail_request(code, handle->get(), socket_path);
  reply.status = status_of(handle->get());
  return reply;
}

Result<Reply> follow(const std::string& socket_path, const std::string& path,
                     const std::vector<std::pair<std::string, std::string>>& parameters, const Follower& follower) {
  const Result<CurlHandle> handle = open(socket_path, path, parameters);
  if (!handle) return std::unexpected(handle.error());
  const std::unique_ptr<CURLM, CleanUpMulti> multi(::curl_multi_init());
  if (!multi) return fail("set up libcurl: out of memory");
  Following following{.handle = handle->get(), .follower = &follower};
  ::curl_easy_setopt(handle->get(), CURLOPT_WRITEFUNCTION, take);
  ::curl_easy_setopt(handle->get(), CURLOPT_WRITEDATA, &following);
  ::curl_multi_add_handle(multi.get(), handle->get());
  const std::optional<CURLcode> code = transfer(multi.get(), following);
  ::curl_multi_remove_handle(multi.get(), handle->get());
  if (following.enough) return Reply{.status = 200, .body = {}};
  if (!code) return fail(fmt::format("the agent on {} has sent nothing for {} s", socket_path, kSilence.count()));
  if (*code != CURLE_OK) return fail_request(*code, handle->get(), socket_path);
  following.reply.status = status_of(handle->get());
  return std::move(following.reply);
}

}  // namespace tickwire::api
