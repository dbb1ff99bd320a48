// SPDX-License-Identifier: Apache-2.0
#include "kernel/tracing.h"

#include <fmt/format.h>
#include <sockets.skel.h>
#include <sys/stat.h>
#include <tcp_state.skel.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

namespace tickwire::kernel {
namespace {

struct Candidate {
  const char* program;
  std::string_view name;
};

constexpr std::array kStateCandidates{Candidate{"state_fentry", "fentry/tcp_set_state"},
                                      Candidate{"state_kprobe", "kprobe/tcp_set_state"},
                                      Candidate{"state_tp", "tp_btf/inet_sock_set_state"}};
constexpr std::array kRetransmitCandidates{Candidate{"retransmit_tp", "tp_btf/tcp_retransmit_skb"}};
constexpr std::array kSeedCandidates{Candidate{"seed_tcp", "iter/tcp"}, Candidate{"seed_udp", "iter/udp"}};

constexpr std::string_view kStateLoses =
    "TCP states, handshakes of connections without packets, exact ends; ends are inferred from FIN and RST";
constexpr std::string_view kRetransmitLoses = "retransmission counts";
constexpr std::string_view kSeedLoses = "connections that are older than the agent, until they send";

// The number of this process' network namespace; 0 where /proc does not tell, which is no namespace's number.
std::uint32_t network_namespace() {
  struct stat status {};
  return ::stat("/proc/self/ns/net", &status) == 0 ? static_cast<std::uint32_t>(status.st_ino) : 0;
}

// The object with every map replaced by the shared one of the same name, and one program to be loaded.
Result<UniqueObject> load_program(const void* elf, std::size_t elf_bytes, const SharedMaps& maps, const char* program) {
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  options.object_name = program;
  UniqueObject object(bpf_object__open_mem(elf, elf_bytes, &options));
  if (!object) {
    const int error = errno;
    return fail_errno(error, "open", "");
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object.get()) {
    const int shared = maps.fd(bpf_map__name(map));
    if (shared >= 0) bpf_map__reuse_fd(map, shared);
  }
  if (bpf_map* own_netns = bpf_object__find_map_by_name(object.get(), ".rodata.netns")) {
    const std::uint32_t number = network_namespace();
    bpf_map__set_initial_value(own_netns, &number, sizeof(number));
  }
  bpf_program* each = nullptr;
  bpf_object__for_each_program(each, object.get()) {
    bpf_program__set_autoload(each, std::string_view(bpf_program__name(each)) == program);
  }
  const int loaded = bpf_object__load(object.get());
  if (loaded != 0) return fail_errno(-loaded, "load", "");
  return object;
}

Result<TracingHook> attach_program(const void* elf, std::size_t elf_bytes, const SharedMaps& maps, const char* program) {
  Result<UniqueObject> object = load_program(elf, elf_bytes, maps, program);
  if (!object) return std::unexpected(object.error());
  UniqueLink link(bpf_program__attach(bpf_object__find_program_by_name(object->get(), program)));
  if (!link) {
    const int error = errno;
    return fail_errno(error, "attach", "");
  }
  return TracingHook(std::move(*object), std::move(link));
}

Result<TracingHook> attach_state_program(const SharedMaps& maps, const char* program) {
  std::size_t bytes = 0;
  const void* elf = tcp_state_bpf__elf_bytes(&bytes);
  return attach_program(elf, bytes, maps, program);
}

// Tries the candidates in order until one works; all = goes on, and keeps none.
template <std::size_t N>
TracingHook attach_first(const SharedMaps& maps, const std::array<Candidate, N>& candidates, std::string_view wanted, bool all,
                         model::HookOutcome& outcome) {
  TracingHook result;
  for (const Candidate& candidate : candidates) {
    model::HookAttempt attempt{.candidate = std::string(candidate.name), .attached = false, .tried = false, .reason = {}};
    if (!wanted.empty() && !candidate.name.starts_with(wanted)) {
      attempt.reason = "not asked for";
    } else if (all || outcome.mode().empty()) {
      attempt.tried = true;
      Result<TracingHook> hook = attach_state_program(maps, candidate.program);
      attempt.attached = hook.has_value();
      if (!hook) {
        attempt.reason = hook.error().text();
      } else if (!all) {
        result = std::move(*hook);
      }
    }
    outcome.attempts.push_back(std::move(attempt));
  }
  return result;
}

std::string_view wanted_prefix(config::TcpStateHook wanted) {
  switch (wanted) {
    case config::TcpStateHook::kAuto:
      return "";
    case config::TcpStateHook::kFentry:
      return "fentry";
    case config::TcpStateHook::kKprobe:
      return "kprobe";
    case config::TcpStateHook::kTracepoint:
      return "tp_btf";
    case config::TcpStateHook::kNone:
      return "none";
  }
  return "";
}

model::HookOutcome outcome_of(std::string_view capability, std::string_view loses) {
  return {.capability = std::string(capability), .interface = {}, .attempts = {}, .loses = std::string(loses)};
}

}  // namespace

TracingHooks attach_tracing(const SharedMaps& maps, config::TcpStateHook wanted) {
  TracingHooks hooks;
  model::HookOutcome state = outcome_of("tcp_state", kStateLoses);
  hooks.tcp_state = attach_first(maps, kStateCandidates, wanted_prefix(wanted), false, state);
  model::HookOutcome retransmissions = outcome_of("retransmissions", kRetransmitLoses);
  hooks.retransmissions = attach_first(maps, kRetransmitCandidates, "", false, retransmissions);
  hooks.outcomes = {std::move(state), std::move(retransmissions)};
  return hooks;
}

std::vector<model::HookOutcome> try_tracing(const SharedMaps& maps) {
  model::HookOutcome state = outcome_of("tcp_state", kStateLoses);
  attach_first(maps, kStateCandidates, "", true, state);
  model::HookOutcome retransmissions = outcome_of("retransmissions", kRetransmitLoses);
  attach_first(maps, kRetransmitCandidates, "", true, retransmissions);
  return {std::move(state), std::move(retransmissions)};
}

SocketWalk SocketWalk::load(const SharedMaps& maps) {
  SocketWalk walk;
  walk.outcome_ = outcome_of("seeding", kSeedLoses);
  std::size_t bytes = 0;
  const void* elf = sockets_bpf__elf_bytes(&bytes);
  for (const Candidate& candidate : kSeedCandidates) {
    Result<TracingHook> hook = attach_program(elf, bytes, maps, candidate.program);
    walk.outcome_.attempts.push_back({.candidate = std::string(candidate.name),
                                      .attached = hook.has_value(),
                                      .tried = true,
                                      .reason = hook ? std::string() : hook.error().text()});
    if (hook) walk.iterators_.push_back(std::move(*hook));
  }
  return walk;
}

void SocketWalk::run() const {
  for (const TracingHook& iterator : iterators_) {
    const UniqueFd walk(bpf_iter_create(bpf_link__fd(iterator.link.get())));
    if (!walk) continue;
    std::array<char, 64> nothing;
    while (::read(walk.fd(), nothing.data(), nothing.size()) > 0) {
    }
  }
}

}  // namespace tickwire::kernel
