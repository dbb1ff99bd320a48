// SPDX-License-Identifier: Apache-2.0
#include "kernel/kernel_source.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "kernel/bpf.h"
#include "kernel/event_reader.h"
#include "kernel/interfaces.h"
#include "kernel/packet_hooks.h"
#include "kernel/privileges.h"
#include "kernel/rules.h"
#include "kernel/shared_maps.h"
#include "kernel/slot_pool.h"
#include "kernel/stage_hooks.h"
#include "kernel/tracing.h"

namespace tickwire::kernel {
namespace {

// 0: there is none.
std::uint64_t lowest(const std::vector<model::Threshold>& thresholds) {
  const auto least = std::ranges::min_element(thresholds, {}, &model::Threshold::over);
  return least == thresholds.end() ? 0 : static_cast<std::uint64_t>(least->over.count());
}

class LoadedSource final : public KernelSource {
 public:
  LoadedSource(const SourceOptions& options, std::unique_ptr<SharedMaps> maps, std::unique_ptr<EventReader> events)
      : options_(options), maps_(std::move(maps)), events_(std::move(events)), pool_(*maps_), walk_(SocketWalk::load(*maps_)) {}

  void attach_tracing_hooks() { tracing_ = attach_tracing(*maps_, options_.tcp_state); }
  void attach_stage_hooks();

  Result<ingest::RawTick> read() override;
  void release(std::span<const model::ConnectionId> ids) override { pool_.retire(ids); }
  Result<void> watch(std::uint16_t number, const model::ServiceId& service, const model::Rule* rule) override;
  void unwatch(std::uint16_t number) override;
  Result<void> add_interface(const std::string& name) override;
  bool remove_interface(const std::string& name) override;
  std::vector<model::HookOutcome> hooks() const override;

 private:
  struct Watched {
    std::uint16_t number;
    model::ServiceId id;
    bool ruled;
  };
  Result<void> write_port(std::uint16_t port);
  void zero_service(std::uint16_t number);
  void write_thresholds(std::uint16_t number, const std::string& service);
  std::vector<tw_losses> read_losses() const;
  std::vector<model::InterfaceTotals> read_interfaces() const;
  std::vector<model::ProgramTotals> read_programs() const;

  SourceOptions options_;
  std::unique_ptr<SharedMaps> maps_;
  std::unique_ptr<EventReader> events_;
  SlotPool pool_;
  SocketWalk walk_;
  AttachedHooks tracing_;
  AttachedHooks stages_;
  std::vector<std::unique_ptr<PacketHooks>> interfaces_;
  std::vector<Watched> watched_;
  bool seed_wanted_ = false;
};

void LoadedSource::attach_stage_hooks() {
  const Result<CgroupRoot> cgroup = open_cgroup_root(options_.cgroup);
  if (!cgroup) spdlog::warn("{}", cgroup.error().text());
  if (cgroup && !cgroup->whole) spdlog::warn("{}", partial_view(*cgroup));
  stages_ = attach_stages(*maps_, cgroup, options_.tcp_write);
}

Result<ingest::RawTick> LoadedSource::read() {
  if (std::exchange(seed_wanted_, false)) walk_.run();
  pool_.recycle();
  ingest::RawTick tick;
  tick.monotonic = monotonic_now();
  tick.unix_time = unix_now();
  tick.slots = maps_->slots();
  tick.echo_slots = maps_->echo_slots();
  tick.stage_slots = maps_->stage_slots();
  tick.bursts = maps_->bursts();
  tick.thresholds = maps_->thresholds();
  tick.service_counters = maps_->service_counters();
  tick.service_cells = maps_->service_cells();
  tick.shard_mask = maps_->shard_mask();
  for (const Watched& watched : watched_) {
    tick.services.push_back(watched.number);
    if (watched.ruled) tick.ruled_services.push_back(watched.number);
  }
  tick.losses = read_losses();
  tick.interfaces = read_interfaces();
  tick.programs = read_programs();
  tick.events = events_->read();
  return tick;
}

Result<void> LoadedSource::watch(std::uint16_t number, const model::ServiceId& service, const model::Rule* rule) {
  if (number >= options_.max_services) {
    return fail(fmt::format("watch {}: only {} services fit", service.text(), options_.max_services), "raise --max-services");
  }
  zero_service(number);
  write_thresholds(number, service.name);
  if (rule != nullptr) {
    const std::uint32_t key = number;
    const tw_rule written = rule_of(*rule);
    if (bpf_map_update_elem(maps_->fd("rules"), &key, &written, BPF_ANY) != 0) {
      const int error = errno;
      return fail_errno(error, "write the rule of", service.text());
    }
  }
  watched_.push_back({number, service, rule != nullptr});
  if (auto written = write_port(service.port); !written) {
    watched_.pop_back();
    return written;
  }
  seed_wanted_ = true;
  return {};
}

void LoadedSource::unwatch(std::uint16_t number) {
  const auto found = std::ranges::find(watched_, number, &Watched::number);
  if (found == watched_.end()) return;
  const std::uint16_t port = found->id.port;
  watched_.erase(found);
  if (auto written = write_port(port); !written) spdlog::warn("{}", written.error().text());
}

// The services map holds both protocols of a port in one value.
Result<void> LoadedSource::write_port(std::uint16_t port) {
  tw_port_services value{};
  for (const Watched& watched : watched_) {
    if (watched.id.port != port) continue;
    const auto number = static_cast<std::uint16_t>((watched.number + 1) | (watched.ruled ? TW_PORT_HAS_RULE : 0));
    (watched.id.protocol == model::Protocol::kTcp ? value.tcp : value.udp) = number;
  }
  const std::uint32_t key = port;
  if (bpf_map_update_elem(maps_->fd("services"), &key, &value, BPF_ANY) != 0) {
    const int error = errno;
    return fail_errno(error, "watch", fmt::format("port {}", port));
  }
  return {};
}

void LoadedSource::write_thresholds(std::uint16_t number, const std::string& service) {
  const auto over_ns = [&](model::Quantity quantity) -> std::uint64_t {
    const auto over = model::threshold_of(options_.thresholds, service, quantity);
    return over ? static_cast<std::uint64_t>(over->count()) : 0;
  };
  maps_->thresholds()[number] = {.rtt_over_ns = over_ns(model::Quantity::kRtt),
                                 .turnaround_over_ns = over_ns(model::Quantity::kTurnaround),
                                 .suppressed = 0,
                                 .epoch = 0,
                                 .in_epoch = 0};
}

// A number may have been another service's.
void LoadedSource::zero_service(std::uint16_t number) {
  maps_->service_counters()[number] = tw_service_counters{};
  if (!maps_->bursts().empty()) maps_->bursts()[number] = tw_burst_ring{};
  const std::size_t each = TW_SERIES_MAX * (maps_->shard_mask() + std::size_t{1});
  for (tw_service_histogram& histogram : maps_->service_cells().subspan(number * each, each)) histogram = tw_service_histogram{};
}

Result<void> LoadedSource::add_interface(const std::string& name) {
  if (std::ranges::any_of(interfaces_, [&](const auto& hooks) { return hooks->interface() == name; })) return {};
  auto hooks = PacketHooks::attach(name, maps_->programs(), options_.arrival, options_.departure);
  if (!hooks) return std::unexpected(hooks.error());
  spdlog::info("watching {}: arrival by {}, departure by {}", name, (*hooks)->arrival().mode(), (*hooks)->departure().mode());
  interfaces_.push_back(std::move(*hooks));
  return {};
}

bool LoadedSource::remove_interface(const std::string& name) {
  return std::erase_if(interfaces_, [&](const auto& hooks) { return hooks->interface() == name; }) > 0;
}

std::vector<model::HookOutcome> LoadedSource::hooks() const {
  std::vector<model::HookOutcome> all;
  for (const auto& hooks : interfaces_) {
    all.push_back(hooks->arrival());
    all.push_back(hooks->departure());
    if (hooks->in_place()) continue;
    for (model::HookOutcome* outcome : {&all[all.size() - 2], &all[all.size() - 1]}) {
      for (model::HookAttempt& attempt : outcome->attempts) {
        if (std::exchange(attempt.attached, false)) attempt.reason = "was detached by somebody else";
      }
    }
  }
  all.insert(all.end(), tracing_.outcomes.begin(), tracing_.outcomes.end());
  all.push_back(walk_.outcome());
  all.insert(all.end(), stages_.outcomes.begin(), stages_.outcomes.end());
  return all;
}

std::vector<tw_losses> LoadedSource::read_losses() const {
  std::vector<tw_losses> all(static_cast<std::size_t>(std::max(1, libbpf_num_possible_cpus())));
  const std::uint32_t key = 0;
  if (bpf_map_lookup_elem(maps_->fd("losses"), &key, all.data()) != 0) return {};
  return all;
}

std::vector<model::InterfaceTotals> LoadedSource::read_interfaces() const {
  std::vector<model::InterfaceTotals> totals;
  std::vector<tw_interface_counters> each(static_cast<std::size_t>(std::max(1, libbpf_num_possible_cpus())));
  for (const auto& hooks : interfaces_) {
    model::InterfaceTotals total{.name = hooks->interface(), .seen = {}, .counted = {}};
    if (const auto counters = interface_counters(hooks->interface()))
      total.counted = {counters->rx_packets, counters->tx_packets};
    const std::uint32_t key = static_cast<std::uint32_t>(hooks->ifindex()) & (TW_INTERFACES - 1);
    if (bpf_map_lookup_elem(maps_->fd("interfaces"), &key, each.data()) == 0) {
      for (const tw_interface_counters& cpu : each) {
        total.seen[TW_INGRESS] += cpu.packets[TW_INGRESS];
        total.seen[TW_EGRESS] += cpu.packets[TW_EGRESS];
      }
    }
    totals.push_back(std::move(total));
  }
  return totals;
}

std::vector<model::ProgramTotals> LoadedSource::read_programs() const {
  std::vector<model::ProgramTotals> totals;
  const auto add = [&](const bpf_object* object) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) {
      const int fd = bpf_program__fd(program);
      bpf_prog_info info{};
      __u32 size = sizeof(info);
      if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) != 0) continue;
      totals.push_back({.program = bpf_program__name(program),
                        .runs = info.run_cnt,
                        .run_time = std::chrono::nanoseconds(static_cast<std::int64_t>(info.run_time_ns))});
    }
  };
  add(maps_->object());
  for (const AttachedProgram& attached : tracing_.programs) add(attached.object.get());
  for (const AttachedProgram& attached : stages_.programs) add(attached.object.get());
  return totals;
}

}  // namespace

Result<std::unique_ptr<KernelSource>> KernelSource::open(const SourceOptions& options) {
  if (auto met = check_requirements(); !met) return std::unexpected(met.error());
  route_libbpf_messages();
  // Kernels before 5.11 count BPF memory against it; where it is refused the later ones do not need it.
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_MEMLOCK, &unlimited) != 0) spdlog::debug("RLIMIT_MEMLOCK stays as it is: {}", errno_text(errno));

  Result<std::unique_ptr<SharedMaps>> maps = SharedMaps::load({.connections = options.max_connections,
                                                               .services = options.max_services,
                                                               .rules = options.rules,
                                                               .stages = options.stages,
                                                               .ticks = options.ticks,
                                                               .over_least_ns = lowest(options.thresholds)});
  if (!maps) return std::unexpected(maps.error());
  Result<std::unique_ptr<EventReader>> events = EventReader::open((*maps)->fd("events"));
  if (!events) return std::unexpected(events.error());
  auto source = std::make_unique<LoadedSource>(options, std::move(*maps), std::move(*events));
  source->attach_tracing_hooks();
  if (options.stages) source->attach_stage_hooks();
  for (const std::string& interface : options.interfaces) {
    if (auto added = source->add_interface(interface); !added) return std::unexpected(added.error());
  }
  return source;
}

}  // namespace tickwire::kernel
