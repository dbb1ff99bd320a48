// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/world_module.h"

#include <system_error>
#include <utility>

#include "gameserver/common/poller.h"
#include "gameserver/token/random.h"

namespace tickwire::game {
namespace {

constexpr GatewayId kNet = 0;
constexpr GatewayId kWeb = 1;

FrontOptions front_options(const ServerOptions& options, const WorldLinks& links) {
  return {.tick_rate_hz = options.tick_rate_hz,
          .max_players = options.max_players,
          .guests = options.guests,
          .limits = options.limits,
          .tickets = links.tickets,
          .dictionary = links.borrowed_resources.dictionary()};
}

template <typename Part>
Result<void> keep_pointer(std::unique_ptr<Part>& home, Result<std::unique_ptr<Part>> part) {
  if (!part) return std::unexpected(std::move(part.error()));
  home = std::move(*part);
  return {};
}

}  // namespace

WorldModule::WorldModule(const ServerOptions& options, WorldLinks links) : options_(options), links_(std::move(links)) {}

WorldModule::~WorldModule() {
  stop_gateways();
  stop_world();
}

Result<std::unique_ptr<WorldModule>> WorldModule::open(const ServerOptions& options, WorldLinks links) {
  std::unique_ptr<WorldModule> module(new WorldModule(options, std::move(links)));
  if (auto opened = module->open_parts(); !opened) return std::unexpected(std::move(opened.error()));
  return module;
}

Result<void> WorldModule::open_parts() {
  const NetOptions net{.bind = options_.bind,
                       .udp_port = options_.udp_port,
                       .tcp_port = options_.tcp_port,
                       .id = kNet,
                       .front = front_options(options_, links_)};
  return in_order([&] { return keep_pointer(world_inbox_, WorldInbox::open(options_.max_players)); },
                  [&] { return keep_pointer(net_inbox_, GatewayInbox::open("net", options_.max_players)); },
                  [&] { return keep_pointer(web_inbox_, GatewayInbox::open("web", options_.max_players)); },
                  [&] { return keep_pointer(net_, NetLoop::open(net, *world_inbox_, *net_inbox_)); },
                  [&]() -> Result<void> {
                    rules_ = std::make_unique<RuleRunner>(options_.max_players, links_.borrowed_workers, *world_inbox_);
                    web_front_ = std::make_unique<Front>(kWeb, net.front, *world_inbox_, *web_inbox_, web_stats_);
                    return rules_->load(links_.borrowed_resources.anti_cheat());
                  },
                  [&] { return open_lag(); }, [&] { return open_loop(); });
}

Result<void> WorldModule::open_lag() {
  const LagOptions lag{.at_start = options_.lag, .control_path = options_.lag_control_path, .log_path = options_.lag_log_path};
  auto opened = keep_pointer(lag_, Lag::open(lag, {.borrowed_udp_fd = net_->udp_fd(),
                                                   .borrowed_board = &world_inbox_->inputs,
                                                   .net_wake = net_inbox_->wake,
                                                   .web_wake = links_.io_stall_wake}));
  if (opened) net_->set_lag(lag_->net());
  return opened;
}

Result<void> WorldModule::open_loop() {
  WorldPorts ports{.borrowed_inbox = world_inbox_.get(), .borrowed_gateways = {net_inbox_.get(), web_inbox_.get()}};
  ports.lockstep = std::make_unique<LockstepRoom>(options_.tick_rate_hz, random_u64(), lockstep_stats_);
  matches_ = links_.borrowed_bus.subscribe(
      {.name = "world_matches", .wake = world_inbox_->wake, .kinds = kinds_of(EventKind::kMatchStarted)});
  ports.events = matches_;
  ports.publish = [this](const Event& event) { return links_.borrowed_bus.publish(event); };
  ports.take_facts = [this](const PlayerFacts& facts) { return rules_->take(facts); };
  const WorldOptions world{.tick_rate_hz = options_.tick_rate_hz,
                           .max_players = options_.max_players,
                           .config = links_.borrowed_resources.world(),
                           .matches_required = !options_.guests};
  auto before_tick = [this](std::uint32_t tick, Nanoseconds woken_mono) { lag_->world().begin_tick(tick, woken_mono); };
  return keep_pointer(loop_, WorldLoop::open(world, std::move(ports), std::move(before_tick)));
}

Result<void> WorldModule::start() {
  if (auto started = loop_->start(); !started) return started;
  try {
    net_thread_ = std::thread([this] { net_->run(); });
  } catch (const std::system_error& error) {
    return fail_errno(error.code().value(), "start", "the net thread");
  }
  return {};
}

void WorldModule::stop_gateways() {
  if (lag_) lag_->end();
  if (!net_thread_.joinable()) return;
  net_->stop();
  net_thread_.join();
}

void WorldModule::stop_world() {
  if (loop_) loop_->stop();
}

Result<void> WorldModule::take_resources() {
  if (auto loaded = rules_->load(links_.borrowed_resources.anti_cheat()); !loaded) return loaded;
  loop_->configure(links_.borrowed_resources.world());
  return {};
}

std::vector<NamedQueueCounts> WorldModule::queues() const {
  return {named_counts(world_inbox_->control), named_counts(world_inbox_->inputs),
          named_counts(world_inbox_->chat),    named_counts(net_inbox_->control),
          named_counts(net_inbox_->chat),      named_counts(net_inbox_->frame),
          named_counts(web_inbox_->control),   named_counts(web_inbox_->chat),
          named_counts(web_inbox_->frame),     named_counts(*matches_),
          named_counts(rules_->queue())};
}

}  // namespace tickwire::game
