// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/login_desk.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "gameserver/bots/login_flow.h"

namespace tickwire::game {
namespace {

constexpr long kConnectTimeoutMs = 5'000;
// A match takes up to 30 s.
constexpr long kTimeoutMs = 45'000;
constexpr int kLongestWaitMs = 1'000;

struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One bot's requests, one after another.
struct Visit {
  std::size_t bot = 0;
  LoginFlow flow;
  std::unique_ptr<CURL, FreeEasy> easy;
  std::unique_ptr<curl_slist, FreeList> headers;
  LoginCall call;  // the library keeps pointers into it
  std::string answer;
  Nanoseconds sent_mono{};
};

std::size_t append(char* data, std::size_t size, std::size_t count, void* user_data) {
  auto& answer = *static_cast<std::string*>(user_data);
  // To take less than was given ends the request.
  if (answer.size() + size * count > LoginDesk::kMostAnswerBytes) return 0;
  answer.append(data, size * count);
  return size * count;
}

}  // namespace

struct LoginDesk::Parts {
  explicit Parts(LoginOptions login_options) : options(std::move(login_options)), multi(curl_multi_init()) {}

  void run();
  void begin_asked();
  void send(std::unique_ptr<Visit> visit);
  void take_answers();
  void end(Visit& visit);
  [[nodiscard]] int wait_ms() const;

  const LoginOptions options;
  std::unique_ptr<CURLM, FreeMulti> multi;
  std::thread thread;
  std::atomic<bool> stopping = false;

  // The thread's own.
  std::map<CURL*, std::unique_ptr<Visit>> under_way;
  std::multimap<Nanoseconds, std::unique_ptr<Visit>> later;  // by when, CLOCK_MONOTONIC

  mutable std::mutex mutex;  // over the rest
  std::vector<std::pair<std::size_t, GameMode>> asked;
  std::map<std::size_t, Result<std::vector<std::byte>>> results;
  LoginCounts counts;
};

Result<std::unique_ptr<LoginDesk>> LoginDesk::open(const LoginOptions& options) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) return std::unexpected(std::string("libcurl does not start"));
  auto parts = std::make_unique<Parts>(options);
  if (!parts->multi) return std::unexpected(std::string("libcurl does not start"));
  curl_multi_setopt(parts->multi.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(options.connections));
  try {
    parts->thread = std::thread([p = parts.get()] { p->run(); });
  } catch (const std::system_error& error) {
    return std::unexpected(fmt::format("start a thread for logins: {}", error.what()));
  }
  return std::unique_ptr<LoginDesk>(new LoginDesk(std::move(parts)));
}

LoginDesk::LoginDesk(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

LoginDesk::~LoginDesk() {
  parts_->stopping = true;
  curl_multi_wakeup(parts_->multi.get());
  parts_->thread.join();
}

void LoginDesk::ask(std::size_t bot, GameMode mode) {
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->asked.emplace_back(bot, mode);
    ++parts_->counts.asked;
  }
  curl_multi_wakeup(parts_->multi.get());
}

std::optional<Result<std::vector<std::byte>>> LoginDesk::take(std::size_t bot) {
  const std::lock_guard lock(parts_->mutex);
  auto found = parts_->results.extract(bot);
  if (found.empty()) return std::nullopt;
  return std::move(found.mapped());
}

LoginCounts LoginDesk::counts() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->counts;
}

std::size_t LoginDesk::waiting() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->counts.asked - parts_->counts.tickets - parts_->counts.failed;
}

void LoginDesk::Parts::run() {
  while (!stopping) {
    begin_asked();
    int running = 0;
    curl_multi_perform(multi.get(), &running);
    take_answers();
    curl_multi_poll(multi.get(), nullptr, 0, wait_ms(), nullptr);
  }
  for (const auto& [easy, visit] : under_way) curl_multi_remove_handle(multi.get(), easy);
  under_way.clear();
}

int LoginDesk::Parts::wait_ms() const {
  if (later.empty()) return kLongestWaitMs;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(later.begin()->first - monotonic_now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kLongestWaitMs));
}

void LoginDesk::Parts::begin_asked() {
  std::vector<std::pair<std::size_t, GameMode>> bots;
  {
    const std::lock_guard lock(mutex);
    bots = std::exchange(asked, {});
  }
  for (const auto& [bot, mode] : bots) {
    auto visit = std::make_unique<Visit>(Visit{.bot = bot, .flow = {random_bot_name(), random_password(), options.region, mode}});
    visit->easy.reset(curl_easy_init());
    send(std::move(visit));
  }
  while (!later.empty() && later.begin()->first <= monotonic_now()) send(std::move(later.extract(later.begin()).mapped()));
}

void LoginDesk::Parts::send(std::unique_ptr<Visit> visit) {
  CURL* easy = visit->easy.get();
  visit->call = visit->flow.call();
  visit->answer.clear();
  visit->headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
  if (!visit->call.authorization.empty()) {
    curl_slist_append(visit->headers.get(), ("Authorization: " + visit->call.authorization).c_str());
  }
  const bool elsewhere = visit->flow.step() == LoginStep::kMatch && !options.match_url.empty();
  curl_easy_setopt(easy, CURLOPT_URL, ((elsewhere ? options.match_url : options.url) + visit->call.path).c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, visit->headers.get());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(visit->call.body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, visit->call.body.c_str());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &visit->answer);
  visit->sent_mono = monotonic_now();
  curl_multi_add_handle(multi.get(), easy);
  under_way.emplace(easy, std::move(visit));
}

void LoginDesk::Parts::take_answers() {
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode outcome = message->data.result;
    auto visit = std::move(under_way.extract(message->easy_handle).mapped());
    CURL* easy = visit->easy.get();
    curl_multi_remove_handle(multi.get(), easy);
    LoginAnswer answer;
    curl_off_t retry_after_s = 0;
    if (outcome == CURLE_OK) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    answer.body = outcome == CURLE_OK ? visit->answer : curl_easy_strerror(outcome);
    if (retry_after_s > 0) answer.retry_after = std::chrono::seconds(std::min<curl_off_t>(retry_after_s, 60));
    {
      const std::lock_guard lock(mutex);
      const auto step = visit->flow.step();
      Samples& times = step == LoginStep::kRegister ? counts.register_times
                       : step == LoginStep::kLogin  ? counts.login_times
                                                    : counts.match_times;
      if (answer.status != 0) times.add(monotonic_now() - visit->sent_mono);
    }
    if (const auto wait = visit->flow.take(answer)) {
      later.emplace(monotonic_now() + *wait, std::move(visit));
    } else {
      end(*visit);
    }
  }
}

void LoginDesk::Parts::end(Visit& visit) {
  const std::lock_guard lock(mutex);
  counts.retries += visit.flow.retries();
  const bool done = visit.flow.step() == LoginStep::kDone;
  ++(done ? counts.tickets : counts.failed);
  results.emplace(visit.bot, done ? Result<std::vector<std::byte>>(visit.flow.ticket()) : std::unexpected(visit.flow.failure()));
}

}  // namespace tickwire::game
