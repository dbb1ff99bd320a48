// SPDX-License-Identifier: Apache-2.0
#include "relay/relay.h"

#include <malloc.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "base/clock.h"
#include "config/words.h"
#include "relay/courier.h"

namespace tickwire::relay {
namespace {

constexpr std::chrono::seconds kFarewell{5};

Result<void> check_ca_file(const std::string& path) {
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return {};
  const int error = errno;
  return fail_usage("ca-file '" + config::printable(path) + "': " + errno_text(error));
}

// Blocks SIGTERM and SIGINT for this thread and those that it starts later, so that they are waited for.
sigset_t block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  return awaited;
}

}  // namespace

Relay::Relay(const RelayOptions& options, const model::BuildInfo& build) : metrics_(options.robots, build) {}

Relay::~Relay() {
  if (server_) (void)stop(std::chrono::nanoseconds(0));
}

Result<void> Relay::add_robot(const RelayOptions& options, std::size_t number) {
  const Robot& robot = options.robots[number];
  auto post = make_post(options.ca_file, give_up_);
  if (!post) return std::unexpected(post.error());
  auto courier = std::make_shared<Courier>(robot, *std::move(post), unix_now);
  if (auto checked = courier->check(); !checked) return checked;
  DispatcherOptions dispatcher{
      .robot = robot, .number = number, .language = options.language, .link_base = options.link_base, .rate = options.rate};
  workers_.push_back(std::make_unique<Worker>(std::make_unique<Dispatcher>(
      std::move(dispatcher), [courier](const Message& message) { return courier->send(message); }, Clocks{}, metrics_)));
  return {};
}

Result<std::unique_ptr<Relay>> Relay::start(const RelayOptions& options, const model::BuildInfo& build) {
  if (auto valid = validate(options); !valid) return std::unexpected(valid.error());
  const auto listen = config::parse_listen(options.listen);
  if (!listen) return std::unexpected(listen.error());
  if (auto checked = check_ca_file(options.ca_file); !checked) return std::unexpected(checked.error());
  std::unique_ptr<Relay> relay(new Relay(options, build));
  std::vector<Target> targets;
  for (std::size_t number = 0; number < options.robots.size(); ++number) {
    if (auto added = relay->add_robot(options, number); !added) return std::unexpected(added.error());
    targets.push_back({.name = options.robots[number].name, .post = [worker = relay->workers_.back().get()](auto notification) {
                         return worker->post(std::move(notification));
                       }});
  }
  relay->routes_ = std::make_unique<Routes>(std::move(targets), relay->metrics_);
  auto server = Server::start(*listen, *relay->routes_, relay->metrics_);
  if (!server) return std::unexpected(server.error());
  relay->server_ = *std::move(server);
  return relay;
}

std::size_t Relay::stop(std::chrono::nanoseconds most) {
  routes_->stop();
  server_->close_door();
  const std::chrono::nanoseconds deadline = monotonic_now() + most;
  give_up_->at_mono_ns = deadline.count();
  for (const auto& worker : workers_) worker->stop(deadline);
  std::size_t lost = 0;
  for (const auto& worker : workers_) lost += worker->join();
  server_.reset();  // after the workers: requests wait for them
  return lost;
}

Result<void> run_relay(const RelayOptions& options, const model::BuildInfo& build) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("tickwire-relay"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  spdlog::set_level(options.log_level);
  // Two heaps are enough for these threads; one for each would keep the memory of the largest request that it has served.
  ::mallopt(M_ARENA_MAX, 2);
  const sigset_t awaited = block_signals();
  const auto relay = Relay::start(options, build);
  if (!relay) return std::unexpected(relay.error());
  spdlog::info("listening on port {}, for {} robots", (*relay)->port(), options.robots.size());
  constexpr timespec kSecond{.tv_sec = 1, .tv_nsec = 0};
  int signal = -1;
  while ((signal = ::sigtimedwait(&awaited, nullptr, &kSecond)) < 0) (*relay)->cut_slow(monotonic_now());
  spdlog::info("stopping after signal {}", signal);
  const std::size_t lost = (*relay)->stop(kFarewell);
  spdlog::info("stopped; {} alerts that waited were not sent", lost);
  return {};
}

}  // namespace tickwire::relay
