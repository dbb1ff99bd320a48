// SPDX-License-Identifier: Apache-2.0
#include "bpf/programs.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "model/histogram.h"
#include "tickwire/settings.h"
// The skeleton speaks of the contract's structs.
#include "packets.skel.h"

namespace tickwire::harness {
namespace {

// The harness made the maps and knows their keys: an access that fails is a broken test, not an outcome of one.
void must(int result) {
  if (result == 0) return;
  std::perror("tests/bpf: map access");
  std::abort();
}

template <typename Value>
Value read(const bpf_map* map, std::uint32_t key) {
  Value value{};
  must(::bpf_map__lookup_elem(map, &key, sizeof(key), &value, sizeof(value), 0));
  return value;
}

template <typename Value>
void write(const bpf_map* map, std::uint32_t key, const Value& value) {
  must(::bpf_map__update_elem(map, &key, sizeof(key), &value, sizeof(value), BPF_ANY));
}

template <typename Value>
std::vector<Value> read_per_cpu(const bpf_map* map, std::uint32_t key) {
  static_assert(sizeof(Value) % 8 == 0);
  std::vector<Value> values(static_cast<std::size_t>(::libbpf_num_possible_cpus()));
  must(::bpf_map__lookup_elem(map, &key, sizeof(key), values.data(), values.size() * sizeof(Value), 0));
  return values;
}

template <typename Value>
void clear_per_cpu(const bpf_map* map) {
  const std::vector<Value> zeros(static_cast<std::size_t>(::libbpf_num_possible_cpus()));
  for (std::uint32_t key = 0; key < ::bpf_map__max_entries(map); ++key) {
    must(::bpf_map__update_elem(map, &key, sizeof(key), zeros.data(), zeros.size() * sizeof(Value), BPF_ANY));
  }
}

template <typename Value>
void clear(const bpf_map* map) {
  for (std::uint32_t key = 0; key < ::bpf_map__max_entries(map); ++key) write(map, key, Value{});
}

void put_mapped(__be32 (&into)[4], Family family, const std::string& text) {
  if (family == Family::kIpv6) {
    must(::inet_pton(AF_INET6, text.c_str(), into) - 1);
    return;
  }
  into[0] = 0;
  into[1] = 0;
  into[2] = htonl(0xffff);
  must(::inet_pton(AF_INET, text.c_str(), &into[3]) - 1);
}

// As the map services has it: 0 = not watched.
std::uint16_t encoded(std::optional<std::uint16_t> service, unsigned flags) {
  return static_cast<std::uint16_t>(service ? (*service + 1U) | flags : 0U);
}

void fill(tw_settings& settings, const Sizes& sizes) {
  settings.shard_mask = sizes.shards - 1;
  settings.features = sizes.features;
  settings.over_least_ns = sizes.over_least_ns;
  const auto cuts = model::service_cuts();
  std::copy(cuts.begin(), cuts.end(), settings.cut_ns);
}

}  // namespace

int pass_verdict(Program program) { return is_xdp(program) ? static_cast<int>(XDP_PASS) : -1; }

void Programs::Destroy::operator()(packets_bpf* object) const { packets_bpf::destroy(object); }

Programs::~Programs() = default;

Result<std::unique_ptr<Programs>> Programs::load(const Sizes& sizes) {
  Object object(packets_bpf::open(nullptr));
  if (!object) return fail_errno(errno, "open", "packets.bpf.o");
  fill(object->rodata_settings->settings, sizes);
  ::bpf_map__set_max_entries(object->maps.connections, sizes.connections);
  ::bpf_map__set_max_entries(object->maps.connection_slots, sizes.connections);
  ::bpf_map__set_max_entries(object->maps.echo_slots, sizes.connections);
  ::bpf_map__set_max_entries(object->maps.stage_slots, sizes.connections);
  ::bpf_map__set_max_entries(object->maps.free_slots, sizes.connections);
  ::bpf_map__set_max_entries(object->maps.rules, sizes.services);
  ::bpf_map__set_max_entries(object->maps.bursts, sizes.services);
  ::bpf_map__set_max_entries(object->maps.thresholds, sizes.services);
  ::bpf_map__set_max_entries(object->maps.events, sizes.event_bytes);
  ::bpf_map__set_max_entries(object->maps.service_counters, sizes.services);
  ::bpf_map__set_max_entries(object->maps.service_cells, sizes.services * TW_SERIES_MAX * sizes.shards);
  if (const int result = packets_bpf::load(object.get()); result != 0) return fail_errno(-result, "load", "packets.bpf.o");
  std::unique_ptr<Programs> programs(new Programs(std::move(object), sizes));
  programs->reset(sizes.connections);
  return programs;
}

int Programs::borrowed_fd(Program program) const {
  const auto& programs = object_->progs;
  switch (program) {
    case Program::kIngressXdp:
      return ::bpf_program__fd(programs.ingress_xdp);
    case Program::kIngressXdpFrags:
      return ::bpf_program__fd(programs.ingress_frags);
    case Program::kIngressTc:
      return ::bpf_program__fd(programs.ingress_tc);
    case Program::kEgressTc:
      return ::bpf_program__fd(programs.egress_tc);
  }
  return -1;
}

int Programs::borrowed_slots_fd() const { return ::bpf_map__fd(object_->maps.connection_slots); }

int Programs::borrowed_echo_slots_fd() const { return ::bpf_map__fd(object_->maps.echo_slots); }

void Programs::reset(std::uint32_t free_slots) {
  const auto& maps = object_->maps;
  for (std::uint32_t port : watched_) write(maps.services, port, tw_port_services{});
  watched_.clear();
  tw_connection_key key{};
  while (::bpf_map__get_next_key(maps.connections, nullptr, &key, sizeof(key)) == 0) {
    must(::bpf_map__delete_elem(maps.connections, &key, sizeof(key), 0));
  }
  clear<tw_slot>(maps.connection_slots);
  clear<tw_echo_slot>(maps.echo_slots);
  clear<tw_stage_slot>(maps.stage_slots);
  clear<tw_rule>(maps.rules);
  clear<tw_burst_ring>(maps.bursts);
  clear<tw_thresholds>(maps.thresholds);
  static_cast<void>(take_events());
  clear<tw_service_counters>(maps.service_counters);
  clear<tw_service_histogram>(maps.service_cells);
  clear_per_cpu<tw_losses>(maps.losses);
  clear_per_cpu<tw_interface_counters>(maps.interfaces);
  std::uint32_t number = 0;
  while (::bpf_map__lookup_and_delete_elem(maps.free_slots, nullptr, 0, &number, sizeof(number), 0) == 0) {
  }
  for (number = 0; number < free_slots; ++number) {
    must(::bpf_map__update_elem(maps.free_slots, nullptr, 0, &number, sizeof(number), BPF_ANY));
  }
}

void Programs::watch(std::uint16_t port, std::optional<std::uint16_t> tcp_service, std::optional<std::uint16_t> udp_service) {
  write(object_->maps.services, port, tw_port_services{.tcp = encoded(tcp_service, 0), .udp = encoded(udp_service, 0)});
  watched_.push_back(port);
}

void Programs::watch(std::uint16_t port, std::optional<std::uint16_t> tcp_service, std::optional<std::uint16_t> udp_service,
                     const tw_rule& rule) {
  if (tcp_service) write(object_->maps.rules, *tcp_service, rule);
  if (udp_service) write(object_->maps.rules, *udp_service, rule);
  write(object_->maps.services, port,
        tw_port_services{.tcp = encoded(tcp_service, TW_PORT_HAS_RULE), .udp = encoded(udp_service, TW_PORT_HAS_RULE)});
  watched_.push_back(port);
}

std::optional<Outcome> Programs::run(Program program, std::span<const std::uint8_t> frame, const Gso& gso) {
  Outcome outcome{.frame = Bytes(frame.size())};
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_out = outcome.frame.data(),
              .data_size_in = static_cast<__u32>(frame.size()), .data_size_out = static_cast<__u32>(frame.size()), .repeat = 1);
  __sk_buff skb{};
  if (gso.segments != 0) {
    skb.gso_segs = gso.segments;
    skb.gso_size = gso.segment_bytes;
    options.ctx_in = &skb;
    options.ctx_size_in = sizeof(skb);
  }
  if (::bpf_prog_test_run_opts(borrowed_fd(program), &options) != 0) return std::nullopt;
  outcome.verdict = static_cast<int>(options.retval);
  outcome.frame.resize(options.data_size_out);
  return outcome;
}

std::optional<std::uint32_t> Programs::slot_number(const tw_connection_key& key) const {
  std::uint32_t number = 0;
  if (::bpf_map__lookup_elem(object_->maps.connections, &key, sizeof(key), &number, sizeof(number), 0) != 0) return std::nullopt;
  return number;
}

tw_slot Programs::slot(std::uint32_t number) const { return read<tw_slot>(object_->maps.connection_slots, number); }

void Programs::store(std::uint32_t number, const tw_slot& slot) { write(object_->maps.connection_slots, number, slot); }

tw_echo_slot Programs::echo_slot(std::uint32_t number) const { return read<tw_echo_slot>(object_->maps.echo_slots, number); }

void Programs::store(std::uint32_t number, const tw_echo_slot& echo) { write(object_->maps.echo_slots, number, echo); }

tw_stage_slot Programs::stage_slot(std::uint32_t number) const { return read<tw_stage_slot>(object_->maps.stage_slots, number); }

void Programs::store(std::uint32_t number, const tw_stage_slot& stage) { write(object_->maps.stage_slots, number, stage); }

tw_thresholds Programs::thresholds(std::uint16_t service) const { return read<tw_thresholds>(object_->maps.thresholds, service); }

void Programs::store(std::uint16_t service, const tw_thresholds& thresholds) {
  write(object_->maps.thresholds, service, thresholds);
}

std::vector<tw_event> Programs::take_events() {
  std::vector<tw_event> events;
  const auto take = [](void* into, void* record, std::size_t bytes) {
    if (bytes == sizeof(tw_event)) static_cast<std::vector<tw_event>*>(into)->push_back(*static_cast<const tw_event*>(record));
    return 0;
  };
  ring_buffer* ring = ::ring_buffer__new(::bpf_map__fd(object_->maps.events), take, &events, nullptr);
  must(ring == nullptr ? -1 : 0);
  ::ring_buffer__consume(ring);
  ::ring_buffer__free(ring);
  return events;
}

void Programs::give_back(const tw_connection_key& key) {
  const auto number = slot_number(key);
  must(number ? 0 : -1);
  must(::bpf_map__delete_elem(object_->maps.connections, &key, sizeof(key), 0));
  store(*number, tw_slot{.generation = slot(*number).generation + 1});
  store(*number, tw_echo_slot{});
  store(*number, tw_stage_slot{});
  must(::bpf_map__update_elem(object_->maps.free_slots, nullptr, 0, &*number, sizeof(*number), BPF_ANY));
}

std::uint32_t Programs::free_slots() {
  std::vector<std::uint32_t> numbers;
  std::uint32_t number = 0;
  const bpf_map* queue = object_->maps.free_slots;
  while (::bpf_map__lookup_and_delete_elem(queue, nullptr, 0, &number, sizeof(number), 0) == 0) numbers.push_back(number);
  for (const std::uint32_t free : numbers) must(::bpf_map__update_elem(queue, nullptr, 0, &free, sizeof(free), BPF_ANY));
  return static_cast<std::uint32_t>(numbers.size());
}

void Programs::insert(const tw_connection_key& key, std::uint32_t slot_number) {
  must(::bpf_map__update_elem(object_->maps.connections, &key, sizeof(key), &slot_number, sizeof(slot_number), BPF_NOEXIST));
}

tw_service_counters Programs::service(std::uint16_t number) const {
  return read<tw_service_counters>(object_->maps.service_counters, number);
}

tw_burst_ring Programs::burst_ring(std::uint16_t service) const { return read<tw_burst_ring>(object_->maps.bursts, service); }

void Programs::store(std::uint16_t service, const tw_burst_ring& ring) { write(object_->maps.bursts, service, ring); }

tw_service_histogram Programs::service_histogram(std::uint16_t number, tw_series series) const {
  tw_service_histogram sum{};
  for (std::uint32_t shard = 0; shard < sizes_.shards; ++shard) {
    const auto part =
        read<tw_service_histogram>(object_->maps.service_cells, tw_service_cells_index(number, series, shard, sizes_.shards - 1));
    sum.sum_ns += part.sum_ns;
    for (std::size_t cell = 0; cell < TW_SERVICE_CELLS; ++cell) sum.cells[cell] += part.cells[cell];
  }
  return sum;
}

tw_losses Programs::losses() const {
  tw_losses sum{};
  for (const auto& part : read_per_cpu<tw_losses>(object_->maps.losses, 0)) {
    for (std::size_t reason = 0; reason < TW_LOSS_MAX; ++reason) sum.count[reason] += part.count[reason];
  }
  return sum;
}

tw_interface_counters Programs::interface(std::uint32_t ifindex) const {
  tw_interface_counters sum{};
  for (const auto& part : read_per_cpu<tw_interface_counters>(object_->maps.interfaces, ifindex & (TW_INTERFACES - 1))) {
    for (std::size_t direction = 0; direction < TW_DIRECTIONS; ++direction) sum.packets[direction] += part.packets[direction];
  }
  return sum;
}

tw_connection_key key_of(const Path& path, std::uint8_t protocol) {
  tw_connection_key key{};
  put_mapped(key.remote_address, path.family, path.remote_address());
  put_mapped(key.local_address, path.family, path.local_address());
  key.remote_port = htons(path.remote_port);
  key.local_port = htons(path.local_port);
  key.protocol = protocol;
  return key;
}

}  // namespace tickwire::harness
