// SPDX-License-Identifier: Apache-2.0
#include "kernel/shared_maps.h"

#include <packets.skel.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "model/histogram.h"

namespace tickwire::kernel {
namespace {

// Histograms are shared by several CPUs above so many: the memory of 16 shards is enough to keep them out of each other's way.
constexpr std::uint32_t kShards = 16;

template <typename Value>
Result<void> map_into(MappedArray<Value>& array, const bpf_map* map, std::size_t count) {
  Result<MappedArray<Value>> mapped = MappedArray<Value>::map(bpf_map__fd(map), count, bpf_map__name(map));
  if (!mapped) return std::unexpected(mapped.error());
  array = std::move(*mapped);
  return {};
}

Result<void> fill_free_slots(const packets_bpf& skeleton, std::uint32_t slots) {
  for (std::uint32_t number = 0; number < slots; ++number) {
    if (bpf_map_update_elem(bpf_map__fd(skeleton.maps.free_slots), nullptr, &number, BPF_ANY) != 0) {
      const int error = errno;
      return fail_errno(error, "fill", "free_slots");
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<SharedMaps>> SharedMaps::load(const MapSizes& sizes) {
  std::unique_ptr<SharedMaps> maps(new SharedMaps());
  maps->skeleton_ = packets_bpf__open();
  if (maps->skeleton_ == nullptr) {
    const int error = errno;
    return fail_errno(error, "open", "the packet programs");
  }
  packets_bpf& skeleton = *maps->skeleton_;
  const std::uint32_t cpus = static_cast<std::uint32_t>(std::max(1, libbpf_num_possible_cpus()));
  maps->shard_mask_ = std::min(std::bit_ceil(cpus), kShards) - 1;
  const std::uint32_t histograms = sizes.services * TW_SERIES_MAX * (maps->shard_mask_ + 1);

  tw_settings& settings = skeleton.rodata_settings->settings;
  settings.shard_mask = maps->shard_mask_;
  settings.over_least_ns = sizes.over_least_ns;
  if (sizes.stages) settings.features |= TW_FEATURE_STAGES;
  if (sizes.ticks) settings.features |= TW_FEATURE_TICKS;
  const auto cuts = model::service_cuts();
  std::ranges::copy(cuts, settings.cut_ns);
  bpf_map__set_max_entries(skeleton.maps.connections, sizes.connections);
  bpf_map__set_max_entries(skeleton.maps.connection_slots, sizes.connections);
  bpf_map__set_max_entries(skeleton.maps.free_slots, sizes.connections);
  bpf_map__set_max_entries(skeleton.maps.service_counters, sizes.services);
  bpf_map__set_max_entries(skeleton.maps.service_cells, histograms);
  bpf_map__set_max_entries(skeleton.maps.rules, sizes.services);
  bpf_map__set_max_entries(skeleton.maps.thresholds, sizes.services);
  if (sizes.rules) bpf_map__set_max_entries(skeleton.maps.echo_slots, sizes.connections);
  if (sizes.stages) bpf_map__set_max_entries(skeleton.maps.stage_slots, sizes.connections);
  if (sizes.ticks) bpf_map__set_max_entries(skeleton.maps.bursts, sizes.services);

  const int loaded = packets_bpf__load(&skeleton);
  if (loaded != 0) {
    return fail_errno(-loaded, "load", "the packet programs",
                      loaded == -ENOMEM ? "a smaller --max-connections needs less memory"
                                        : "`tickwire run --log-level debug` shows the kernel's reasons");
  }
  if (auto done = map_into(maps->slots_, skeleton.maps.connection_slots, sizes.connections); !done)
    return std::unexpected(done.error());
  if (sizes.rules) {
    if (auto done = map_into(maps->echoes_, skeleton.maps.echo_slots, sizes.connections); !done)
      return std::unexpected(done.error());
  }
  if (sizes.stages) {
    if (auto done = map_into(maps->stages_, skeleton.maps.stage_slots, sizes.connections); !done)
      return std::unexpected(done.error());
  }
  if (sizes.ticks) {
    if (auto done = map_into(maps->bursts_, skeleton.maps.bursts, sizes.services); !done) return std::unexpected(done.error());
  }
  if (auto done = map_into(maps->thresholds_, skeleton.maps.thresholds, sizes.services); !done)
    return std::unexpected(done.error());
  if (auto done = map_into(maps->counters_, skeleton.maps.service_counters, sizes.services); !done)
    return std::unexpected(done.error());
  if (auto done = map_into(maps->cells_, skeleton.maps.service_cells, histograms); !done) return std::unexpected(done.error());
  if (auto done = fill_free_slots(skeleton, sizes.connections); !done) return std::unexpected(done.error());
  return maps;
}

SharedMaps::~SharedMaps() { packets_bpf__destroy(skeleton_); }

PacketPrograms SharedMaps::programs() const {
  return {.ingress_xdp = bpf_program__fd(skeleton_->progs.ingress_xdp),
          .ingress_frags = bpf_program__fd(skeleton_->progs.ingress_frags),
          .ingress_tc = bpf_program__fd(skeleton_->progs.ingress_tc),
          .egress_tc = bpf_program__fd(skeleton_->progs.egress_tc)};
}

bpf_object* SharedMaps::object() const { return skeleton_->obj; }

int SharedMaps::fd(const char* map_name) const { return bpf_object__find_map_fd_by_name(skeleton_->obj, map_name); }

}  // namespace tickwire::kernel
