// What it owns: the packet programs, loaded but attached to nothing, and their maps, read as values.
// Who may use it: tests/bpf and tests/bench.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "harness/packet.h"
#include "tickwire/burst.h"
#include "tickwire/connection.h"
#include "tickwire/event.h"
#include "tickwire/loss.h"
#include "tickwire/rule.h"
#include "tickwire/service.h"
#include "tickwire/stage.h"

struct packets_bpf;

namespace tickwire::harness {

enum class Program { kIngressXdp, kIngressXdpFrags, kIngressTc, kEgressTc };

[[nodiscard]] constexpr bool is_xdp(Program program) {
  return program == Program::kIngressXdp || program == Program::kIngressXdpFrags;
}
[[nodiscard]] constexpr bool is_ingress(Program program) { return program != Program::kEgressTc; }
// The value that lets the packet pass: XDP_PASS, TCX_NEXT.
[[nodiscard]] int pass_verdict(Program program);

struct Sizes {
  std::uint32_t connections = 16;
  std::uint32_t services = 4;
  std::uint32_t shards = 1;    // a power of two
  std::uint32_t features = 0;  // TW_FEATURE_*
  std::uint64_t over_least_ns = 0;
  std::uint32_t event_bytes = TW_EVENTS_BYTES;  // whole pages
};

// Receive offload, segmentation offload: one packet in place of several.
struct Gso {
  std::uint32_t segments = 0;
  std::uint32_t segment_bytes = 0;
};

struct Outcome {
  int verdict = 0;
  Bytes frame;  // as the program left it
};

class Programs {
 public:
  // Loads with maps of these sizes. Errors: Failure::kMissing without privilege.
  [[nodiscard]] static Result<std::unique_ptr<Programs>> load(const Sizes& sizes);
  ~Programs();
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  [[nodiscard]] int borrowed_fd(Program program) const;
  [[nodiscard]] int borrowed_slots_fd() const;
  [[nodiscard]] int borrowed_echo_slots_fd() const;
  [[nodiscard]] const Sizes& sizes() const { return sizes_; }

  // Every map as after loading: nothing watched, nothing counted, and so many free slots, numbered from 0.
  void reset(std::uint32_t free_slots);
  // Service numbers of a port; none = not watched.
  void watch(std::uint16_t port, std::optional<std::uint16_t> tcp_service, std::optional<std::uint16_t> udp_service);
  // The same, for services whose messages are read by this rule.
  void watch(std::uint16_t port, std::optional<std::uint16_t> tcp_service, std::optional<std::uint16_t> udp_service,
             const tw_rule& rule);

  // One packet through one program, on the loopback interface (number 1). None where the kernel refuses to run it: frames
  // shorter than an Ethernet header, and from some kernels on, those without a whole network header.
  [[nodiscard]] std::optional<Outcome> run(Program program, std::span<const std::uint8_t> frame, const Gso& gso = {});

  [[nodiscard]] std::optional<std::uint32_t> slot_number(const tw_connection_key& key) const;
  [[nodiscard]] tw_slot slot(std::uint32_t number) const;
  void store(std::uint32_t number, const tw_slot& slot);
  [[nodiscard]] tw_echo_slot echo_slot(std::uint32_t number) const;
  void store(std::uint32_t number, const tw_echo_slot& echo);
  [[nodiscard]] tw_stage_slot stage_slot(std::uint32_t number) const;
  void store(std::uint32_t number, const tw_stage_slot& stage);
  // As user space does when a connection has ended: forgets the connection, empties its slot, frees it.
  void give_back(const tw_connection_key& key);
  // How many slots are free. Takes the queue apart and puts it together again.
  [[nodiscard]] std::uint32_t free_slots();
  // An entry of the connection table that has no slot of its own.
  void insert(const tw_connection_key& key, std::uint32_t slot_number);
  [[nodiscard]] tw_service_counters service(std::uint16_t number) const;
  [[nodiscard]] tw_burst_ring burst_ring(std::uint16_t service) const;
  void store(std::uint16_t service, const tw_burst_ring& ring);
  [[nodiscard]] tw_thresholds thresholds(std::uint16_t service) const;
  void store(std::uint16_t service, const tw_thresholds& thresholds);
  // Takes what the ring buffer holds, oldest first.
  [[nodiscard]] std::vector<tw_event> take_events();
  // Sum over the shards.
  [[nodiscard]] tw_service_histogram service_histogram(std::uint16_t number, tw_series series) const;
  // Sums over the processors.
  [[nodiscard]] tw_losses losses() const;
  [[nodiscard]] tw_interface_counters interface(std::uint32_t ifindex) const;

 private:
  struct Destroy {
    void operator()(packets_bpf* object) const;
  };
  using Object = std::unique_ptr<packets_bpf, Destroy>;
  Programs(Object object, const Sizes& sizes) : object_(std::move(object)), sizes_(sizes) {}

  Object object_;
  Sizes sizes_;
  std::vector<std::uint32_t> watched_;  // ports
};

// The key that the programs give to a connection.
[[nodiscard]] tw_connection_key key_of(const Path& path, std::uint8_t protocol);

}  // namespace tickwire::harness
