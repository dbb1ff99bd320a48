// What it owns: the maps that all programs share, made once by the packet programs' object, mapped where they can be.
// Who may use it: agent/kernel only.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"
#include "kernel/bpf.h"
#include "kernel/packet_hooks.h"
#include "tickwire/burst.h"
#include "tickwire/connection.h"
#include "tickwire/event.h"
#include "tickwire/rule.h"
#include "tickwire/service.h"
#include "tickwire/stage.h"

struct packets_bpf;  // generated: packets.skel.h

namespace tickwire::kernel {

// The values of a BPF_F_MMAPABLE array, in place.
template <typename Value>
class MappedArray {
 public:
  MappedArray() = default;
  MappedArray(MappedArray&& other) noexcept : values_(std::exchange(other.values_, {})) {}
  MappedArray& operator=(MappedArray&& other) noexcept {
    std::swap(values_, other.values_);
    return *this;
  }
  MappedArray(const MappedArray&) = delete;
  MappedArray& operator=(const MappedArray&) = delete;
  ~MappedArray() {
    if (!values_.empty()) ::munmap(values_.data(), values_.size_bytes());
  }

  [[nodiscard]] static Result<MappedArray> map(int borrowed_map_fd, std::size_t count, const std::string& name) {
    static_assert(sizeof(Value) % 8 == 0, "the kernel rounds the size of an array's values up to 8");
    void* memory = ::mmap(nullptr, count * sizeof(Value), PROT_READ | PROT_WRITE, MAP_SHARED, borrowed_map_fd, 0);
    if (memory == MAP_FAILED) {
      const int error = errno;
      return fail_errno(error, "map", name);
    }
    MappedArray result;
    result.values_ = std::span(static_cast<Value*>(memory), count);
    return result;
  }
  [[nodiscard]] std::span<Value> values() const { return values_; }

 private:
  std::span<Value> values_;
};

struct MapSizes {
  std::uint32_t connections = 16384;
  std::uint32_t services = 64;
  bool rules = false;               // room for what rules keep of a connection
  bool stages = false;              // room for what stages keep of a connection
  bool ticks = false;               // bursts of packets out are kept
  std::uint64_t over_least_ns = 0;  // tw_settings.over_least_ns
};

class SharedMaps {
 public:
  // Loads the packet programs. Errors: EPERM (privileges), E2BIG and the verifier's refusals, ENOMEM (too many connections).
  [[nodiscard]] static Result<std::unique_ptr<SharedMaps>> load(const MapSizes& sizes);
  ~SharedMaps();

  [[nodiscard]] PacketPrograms programs() const;
  [[nodiscard]] bpf_object* object() const;
  [[nodiscard]] int fd(const char* map_name) const;  // -1 without such a map
  [[nodiscard]] std::uint32_t shard_mask() const { return shard_mask_; }
  [[nodiscard]] std::span<tw_slot> slots() const { return slots_.values(); }
  // Empty without MapSizes::rules.
  [[nodiscard]] std::span<tw_echo_slot> echo_slots() const { return echoes_.values(); }
  // Empty without MapSizes::stages.
  [[nodiscard]] std::span<tw_stage_slot> stage_slots() const { return stages_.values(); }
  // Empty without MapSizes::ticks.
  [[nodiscard]] std::span<tw_burst_ring> bursts() const { return bursts_.values(); }
  [[nodiscard]] std::span<tw_thresholds> thresholds() const { return thresholds_.values(); }
  [[nodiscard]] std::span<tw_service_counters> service_counters() const { return counters_.values(); }
  [[nodiscard]] std::span<tw_service_histogram> service_cells() const { return cells_.values(); }

 private:
  SharedMaps() = default;
  packets_bpf* skeleton_ = nullptr;
  std::uint32_t shard_mask_ = 0;
  MappedArray<tw_slot> slots_;
  MappedArray<tw_echo_slot> echoes_;
  MappedArray<tw_stage_slot> stages_;
  MappedArray<tw_burst_ring> bursts_;
  MappedArray<tw_thresholds> thresholds_;
  MappedArray<tw_service_counters> counters_;
  MappedArray<tw_service_histogram> cells_;
};

}  // namespace tickwire::kernel
