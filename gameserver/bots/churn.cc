// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/churn.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <system_error>
#include <thread>
#include <vector>

#include "gameserver/bots/churn_visit.h"
#include "gameserver/bots/dictionary.h"
#include "gameserver/common/poller.h"

namespace tickwire::game {
namespace {

Result<ChurnTarget> target_of(const BotOptions& options) {
  ChurnTarget target;
  const auto resolve = [](Endpoint& into, const std::string& host, std::uint16_t port) -> Result<void> {
    auto endpoint = Endpoint::resolve(host, port);
    if (!endpoint) return std::unexpected(endpoint.error());
    into = *endpoint;
    return {};
  };
  const auto resolved = in_order([&] { return resolve(target.udp, options.server, options.udp_port); },
                                 [&] { return resolve(target.tcp, options.server, options.tcp_port); },
                                 [&] { return resolve(target.http, options.server, options.ws_port); },
                                 [&]() -> Result<void> {
                                   if (options.source_address.empty()) return {};
                                   return resolve(target.source.emplace(), options.source_address, 0);
                                 });
  if (!resolved) return std::unexpected(resolved.error());
  auto dictionary = load_dictionary(options.resources);
  if (!dictionary) return std::unexpected(dictionary.error());
  target.dictionary = std::move(*dictionary);
  return target;
}

std::vector<VisitKind> all_kinds() {
  std::vector<VisitKind> kinds;
  for (const auto some : {player_visits(), udp_hostile_visits(), tcp_hostile_visits(), web_hostile_visits()}) {
    kinds.insert(kinds.end(), some.begin(), some.end());
  }
  return kinds;
}

class Churn {
 public:
  explicit Churn(ChurnTarget target) : target_(std::move(target)), kinds_(all_kinds()) {
    std::vector<unsigned> weights;
    std::ranges::transform(kinds_, std::back_inserter(weights), &VisitKind::weight);
    choice_ = std::discrete_distribution<std::size_t>(weights.begin(), weights.end());
  }

  // One visitor, again and again.
  void visit(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    auto choice = choice_;
    while (!stopping_) {
      const VisitKind& kind = kinds_[choice(random)];
      count(kind, kind.make(target_, random));
    }
  }
  void stop() { stopping_ = true; }
  [[nodiscard]] std::map<std::string, VisitCounts> take_counts() { return std::move(counts_); }

 private:
  void count(const VisitKind& kind, const VisitResult& result) {
    const std::lock_guard lock(mutex_);
    VisitCounts& counts = counts_[std::string(kind.name)];
    if (result) {
      ++(*result == VisitEnd::kRefused ? counts.refused : counts.as_expected);
      return;
    }
    ++counts.unexpected;
    if (counts.first_fault.empty()) counts.first_fault = result.error();
  }

  const ChurnTarget target_;
  const std::vector<VisitKind> kinds_;
  std::discrete_distribution<std::size_t> choice_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::map<std::string, VisitCounts> counts_;
};

}  // namespace

Result<ChurnOutcome> run_churn(const BotOptions& options, int borrowed_stop_fd) {
  raise_file_limit();
  auto target = target_of(options);
  if (!target) return std::unexpected(target.error());
  Churn churn(std::move(*target));
  std::random_device random;
  const auto started = monotonic_now();
  std::vector<std::jthread> visitors;
  Result<void> begun;
  try {
    for (std::size_t i = 0; i < options.churn; ++i) visitors.emplace_back([&churn, seed = random()] { churn.visit(seed); });
  } catch (const std::system_error& error) {
    begun = std::unexpected(fmt::format("start {} threads: {}", options.churn, error.what()));
  }
  pollfd stop{.fd = borrowed_stop_fd, .events = POLLIN, .revents = 0};
  if (begun) ::poll(&stop, 1, static_cast<int>(options.duration_s * 1000));
  churn.stop();
  visitors.clear();
  if (!begun) return std::unexpected(begun.error());
  return ChurnOutcome{.kinds = churn.take_counts(), .duration = monotonic_now() - started};
}

bool all_as_expected(const ChurnOutcome& outcome) {
  const auto& kinds = outcome.kinds;
  return std::ranges::any_of(kinds, [](const auto& kind) { return kind.second.as_expected > 0; }) &&
         std::ranges::none_of(kinds, [](const auto& kind) { return kind.second.unexpected > 0; });
}

std::string churn_json(const ChurnOutcome& outcome) {
  using Json = nlohmann::ordered_json;
  Json visits = Json::object();
  for (const auto& [name, counts] : outcome.kinds) {
    visits[name] = {{"as_expected", counts.as_expected},
                    {"refused", counts.refused},
                    {"unexpected", counts.unexpected},
                    {"first_fault", counts.first_fault.empty() ? Json(nullptr) : Json(counts.first_fault)}};
  }
  const Json document = {{"schema_version", 1}, {"duration_ns", outcome.duration.count()}, {"visits", std::move(visits)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string churn_table(const ChurnOutcome& outcome) {
  std::string text =
      fmt::format("{:<20} {:>12} {:>9} {:>11}  {}\n", "visit", "as_expected", "refused", "unexpected", "first fault");
  for (const auto& [name, counts] : outcome.kinds) {
    fmt::format_to(std::back_inserter(text), "{:<20} {:>12} {:>9} {:>11}  {}\n", name, counts.as_expected, counts.refused,
                   counts.unexpected, counts.first_fault.empty() ? "-" : counts.first_fault);
  }
  return text;
}

}  // namespace tickwire::game
