// SPDX-License-Identifier: Apache-2.0
#include "app/agent.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "api/server.h"
#include "app/loop.h"
#include "app/privileges.h"
#include "app/readiness.h"
#include "app/rule_fit.h"
#include "app/services.h"
#include "base/clock.h"
#include "base/published.h"
#include "ingest/decoder.h"
#include "kernel/discovery.h"
#include "kernel/interfaces.h"
#include "kernel/kernel_source.h"
#include "kernel/netlink.h"
#include "model/state.h"

namespace tickwire::app {
namespace {

// How often the machine's sockets are looked through for services.
constexpr std::chrono::seconds kDiscoveryInterval{5};

std::chrono::nanoseconds thread_cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

class Agent {
 public:
  Agent(const config::RunOptions& options, const model::BuildInfo& build)
      : options_(options),
        build_(build),
        state_({.udp_idle = options.udp_idle, .closed_rows = options.max_connections}),
        numbers_(options.max_services) {}

  Result<void> start();
  Result<void> run();

 private:
  Result<void> start_server();
  Result<void> start_kernel();
  Result<void> begin_watching(const std::vector<model::ServiceId>& now);
  std::vector<model::ServiceId> discovered() const;
  void tick();
  void publish(std::chrono::nanoseconds read_time);
  void follow_links();

  const config::RunOptions options_;
  const model::BuildInfo build_;
  const std::chrono::nanoseconds started_unix_ = unix_now();
  Published<model::Snapshot> latest_;
  std::unique_ptr<kernel::KernelSource> source_;
  std::optional<kernel::LinkWatch> links_;
  std::unique_ptr<api::Server> server_;
  ingest::Decoder decoder_;
  model::Tick tick_;
  model::State state_;
  ServiceNumbers numbers_;
  Blindness blindness_;
  RuleFit rule_fit_;
  std::vector<ThreadPrivileges> threads_;
};

Result<void> Agent::start() {
  // The listeners first: what they find taken is told before anything is attached.
  if (auto served = start_server(); !served) return served;
  if (auto attached = start_kernel(); !attached) return attached;
  const std::vector<model::ServiceId> services = options_.services.empty() ? discovered() : options_.services;
  if (auto watched = begin_watching(services); !watched) return watched;
  if (services.empty()) spdlog::warn("no service found yet; looking every {} s", kDiscoveryInterval.count());
  return {};
}

Result<void> Agent::start_server() {
  api::ServerOptions server;
  if (!options_.listen.empty()) {
    Result<config::ListenAddress> address = config::parse_listen(options_.listen);
    if (!address) return std::unexpected(address.error());
    server.listen = *address;
  }
  server.web_config = options_.web_config;
  server.socket_path = options_.api_socket;
  server.routes = {.expose_connections = options_.expose_connections, .connection_series = options_.connection_series};
  Result<std::unique_ptr<api::Server>> started = api::Server::start(server, [this] { return latest_.load(); });
  if (!started) return std::unexpected(started.error());
  server_ = std::move(*started);
  if (server_->port())
    spdlog::info("metrics at {}/metrics{}", options_.listen,
                 options_.web_config.empty() ? "" : ", as " + options_.web_config + " allows");
  spdlog::info("live queries through {}", options_.api_socket);
  return {};
}

Result<void> Agent::start_kernel() {
  Result<std::vector<std::string>> interfaces = kernel::resolve_interfaces(options_.interfaces);
  if (!interfaces) return std::unexpected(interfaces.error());
  Result<std::unique_ptr<kernel::KernelSource>> source = kernel::KernelSource::open({.interfaces = *interfaces,
                                                                                     .max_connections = options_.max_connections,
                                                                                     .max_services = options_.max_services,
                                                                                     .rules = !options_.rules.empty(),
                                                                                     .ticks = options_.ticks,
                                                                                     .stages = options_.stages,
                                                                                     .thresholds = options_.thresholds,
                                                                                     .cgroup = options_.cgroup,
                                                                                     .arrival = options_.arrival,
                                                                                     .departure = options_.departure,
                                                                                     .tcp_state = options_.tcp_state,
                                                                                     .tcp_write = options_.tcp_write});
  if (!source) return std::unexpected(source.error());
  source_ = std::move(*source);
  for (const model::HookOutcome& outcome : source_->hooks()) {
    if (outcome.interface.empty() && outcome.mode().empty()) {
      spdlog::warn("{} is not available here; without it: {}", outcome.capability, outcome.loses);
    }
  }
  return {};
}

std::vector<model::ServiceId> Agent::discovered() const {
  Result<std::vector<model::ServiceId>> found = kernel::discover_services();
  if (!found) {
    spdlog::warn("{}", found.error().text());
    return {};
  }
  // Our own listener is no game.
  std::erase_if(
      *found, [this](const model::ServiceId& id) { return id.protocol == model::Protocol::kTcp && server_->port() == id.port; });
  return *found;
}

Result<void> Agent::begin_watching(const std::vector<model::ServiceId>& now) {
  const std::uint64_t refused_before = numbers_.refused();
  const ServiceNumbers::Change change = numbers_.update(now);
  for (const auto& [number, id] : change.stop) {
    spdlog::info("service {} is gone", id.text());
    source_->unwatch(number);
    state_.remove_service(number, monotonic_now());
  }
  for (const auto& [number, id] : change.begin) {
    const auto found = std::ranges::find(options_.rules, id.name, &model::Rule::service);
    const model::Rule* rule = found == options_.rules.end() ? nullptr : &*found;
    spdlog::info("watching service {}{}", id.text(), rule != nullptr ? " by its rule" : "");
    decoder_.forget_service(number);
    state_.add_service(number, id);
    if (auto watched = source_->watch(number, id, rule); !watched) return watched;
  }
  if (numbers_.refused() != refused_before) {
    spdlog::warn("{} services are not watched: more than --max-services {}", numbers_.refused(), options_.max_services);
  }
  return {};
}

void Agent::tick() {
  const std::chrono::nanoseconds begun = thread_cpu_time();
  const Result<ingest::RawTick> raw = source_->read();
  if (!raw) {
    spdlog::error("reading: {}", raw.error().text());
    return;
  }
  decoder_.decode(*raw, tick_);
  const std::chrono::nanoseconds read_time = thread_cpu_time() - begun;
  state_.apply(tick_);
  source_->release(state_.take_ended());
  publish(read_time);
}

void Agent::publish(std::chrono::nanoseconds read_time) {
  auto snapshot = std::make_shared<model::Snapshot>(state_.snapshot());
  snapshot->build = build_;
  snapshot->started_unix = started_unix_;
  snapshot->interval = options_.interval;
  snapshot->read_time = read_time;
  snapshot->hooks = source_->hooks();
  snapshot->services_refused = numbers_.refused();
  snapshot->threads = threads_;
  snapshot->slos = options_.slos ? *options_.slos : model::default_slos();
  for (const std::string& sentence : rule_fit_.check(snapshot->services)) spdlog::warn("{}", sentence);
  snapshot->readiness = readiness_of(snapshot->hooks, blindness_.check(snapshot->monotonic, snapshot->interfaces));
  latest_.store(std::move(snapshot));
  server_->published();
}

void Agent::follow_links() {
  const Result<std::vector<kernel::LinkEvent>> events = links_->events();
  if (!events) {
    spdlog::warn("{}", events.error().text());
    return;
  }
  for (const kernel::LinkEvent& event : *events) {
    if (event.what == kernel::LinkEvent::What::kVanished) {
      if (source_->remove_interface(event.name)) spdlog::warn("interface {} is gone, and no longer watched", event.name);
      continue;
    }
    const Result<std::vector<std::string>> wanted = kernel::resolve_interfaces(options_.interfaces);
    if (!wanted || std::ranges::find(*wanted, event.name) == wanted->end()) continue;
    if (auto added = source_->add_interface(event.name); !added) spdlog::warn("{}", added.error().text());
  }
}

Result<void> Agent::run() {
  Result<Loop> loop = Loop::make();
  if (!loop) return std::unexpected(loop.error());
  // Before there is another thread, so that it holds for all of them.
  if (auto forbidden = forbid_new_privileges(); !forbidden) spdlog::warn("{}", forbidden.error().text());
  if (auto started = start(); !started) return started;
  keep_what_the_loop_needs(options_.services.empty());
  threads_ = privileges_of_threads();
  if (auto added = loop->every(options_.interval, [this] { tick(); }); !added) return added;
  if (options_.services.empty()) {
    auto added = loop->every(kDiscoveryInterval, [this] {
      if (auto watched = begin_watching(discovered()); !watched) spdlog::warn("{}", watched.error().text());
    });
    if (!added) return added;
  }
  Result<kernel::LinkWatch> links = kernel::LinkWatch::open();
  if (links) {
    links_ = std::move(*links);
    if (auto added = loop->on_readable(links_->borrowed_fd(), [this] { follow_links(); }); !added) return added;
  } else {
    spdlog::warn("interfaces that come and go are not followed: {}", links.error().text());
  }
  const Result<int> signal = loop->run();
  if (!signal) return std::unexpected(signal.error());
  spdlog::info("detaching after signal {}", *signal);
  return {};
}

spdlog::level::level_enum level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kDebug:
      return spdlog::level::debug;
    case config::LogLevel::kInfo:
      return spdlog::level::info;
    case config::LogLevel::kWarn:
      return spdlog::level::warn;
    case config::LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

Result<void> run_agent(const config::RunOptions& options, const model::BuildInfo& build) {
  if (auto valid = config::validate(options); !valid) return valid;
  spdlog::set_default_logger(spdlog::stderr_logger_mt("tickwire"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  spdlog::set_level(level_of(options.log_level));
  Agent agent(options, build);
  return agent.run();
}

}  // namespace tickwire::app
