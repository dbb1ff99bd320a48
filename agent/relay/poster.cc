// SPDX-License-Identifier: Apache-2.0
#include "relay/poster.h"

#include <fmt/format.h>

#include <cstddef>

#include "api/curl.h"
#include "base/clock.h"

namespace tickwire::relay {
namespace {

constexpr long kConnectMs = 3'000;
constexpr long kTotalMs = 8'000;
constexpr std::size_t kMostBytes = 64 << 10;

struct CleanUpList {
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, CleanUpList>;

int on_progress(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return monotonic_now().count() >= static_cast<const GiveUp*>(context)->at_mono_ns.load() ? 1 : 0;
}

// libcurl's own texts hold no address; those of its error buffer can.
std::string reason_of(CURLcode code, CURL* handle) {
  if (code == CURLE_WRITE_ERROR) return "the answer is longer than 64 KiB";
  if (code == CURLE_ABORTED_BY_CALLBACK) return "given up, for the relay stops";
  if (code == CURLE_OPERATION_TIMEDOUT)
    return fmt::format("no answer within {} s ({} s to connect)", kTotalMs / 1000, kConnectMs / 1000);
  long error = 0;
  ::curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &error);
  if (code == CURLE_COULDNT_CONNECT && error > 0) return fmt::format("connect: {}", errno_text(static_cast<int>(error)));
  return ::curl_easy_strerror(code);
}

class Poster {
 public:
  Poster(api::CurlHandle handle, Headers headers, std::string ca_file, std::shared_ptr<const GiveUp> give_up)
      : handle_(std::move(handle)), headers_(std::move(headers)), ca_file_(std::move(ca_file)), give_up_(std::move(give_up)) {
    CURL* handle_of = handle_.get();
    ::curl_easy_setopt(handle_of, CURLOPT_HTTPHEADER, headers_.get());
    ::curl_easy_setopt(handle_of, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
    ::curl_easy_setopt(handle_of, CURLOPT_TIMEOUT_MS, kTotalMs);
    ::curl_easy_setopt(handle_of, CURLOPT_NOSIGNAL, 1L);
    ::curl_easy_setopt(handle_of, CURLOPT_FOLLOWLOCATION, 0L);
    ::curl_easy_setopt(handle_of, CURLOPT_PROTOCOLS_STR, "https,http");
    ::curl_easy_setopt(handle_of, CURLOPT_SSL_VERIFYPEER, 1L);
    ::curl_easy_setopt(handle_of, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!ca_file_.empty()) ::curl_easy_setopt(handle_of, CURLOPT_CAINFO, ca_file_.c_str());
    ::curl_easy_setopt(handle_of, CURLOPT_WRITEFUNCTION, api::append_body<kMostBytes>);
    ::curl_easy_setopt(handle_of, CURLOPT_NOPROGRESS, 0L);
    ::curl_easy_setopt(handle_of, CURLOPT_XFERINFOFUNCTION, on_progress);
    ::curl_easy_setopt(handle_of, CURLOPT_XFERINFODATA, const_cast<GiveUp*>(give_up_.get()));
  }

  Answer post(const std::string& address, const std::string& body) {
    Answer answer;
    CURL* handle = handle_.get();
    ::curl_easy_setopt(handle, CURLOPT_URL, address.c_str());
    // What is not encrypted stays on this machine, whatever proxy the environment names.
    ::curl_easy_setopt(handle, CURLOPT_PROXY, address.starts_with("https:") ? nullptr : "");
    ::curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    ::curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
    ::curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
    const CURLcode code = ::curl_easy_perform(handle);
    if (code != CURLE_OK) {
      answer.error = reason_of(code, handle);
      return answer;
    }
    ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
  }

 private:
  api::CurlHandle handle_;
  Headers headers_;
  std::string ca_file_;
  std::shared_ptr<const GiveUp> give_up_;
};

}  // namespace

Result<Post> make_post(const std::string& ca_file, std::shared_ptr<const GiveUp> give_up) {
  auto handle = api::open_curl();
  if (!handle) return std::unexpected(handle.error());
  // "Expect:" is taken out: waiting for "100 Continue" costs a second where a server does not know it.
  Headers headers(::curl_slist_append(nullptr, "Content-Type: application/json; charset=utf-8"));
  curl_slist* const longer = headers ? ::curl_slist_append(headers.get(), "Expect:") : nullptr;
  if (longer == nullptr) return fail("set up libcurl: out of memory");
  auto poster = std::make_shared<Poster>(std::move(*handle), std::move(headers), ca_file, std::move(give_up));
  return [poster](const std::string& address, const std::string& body) { return poster->post(address, body); };
}

}  // namespace tickwire::relay
