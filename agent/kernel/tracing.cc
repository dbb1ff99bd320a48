// SPDX-License-Identifier: Apache-2.0
#include "kernel/tracing.h"

#include <sockets.skel.h>
#include <tcp_state.skel.h>
#include <unistd.h>

#include <array>
#include <string_view>

namespace tickwire::kernel {
namespace {

constexpr std::array kStateCandidates{Candidate{"state_fentry", "fentry/tcp_set_state", tcp_state_bpf__elf_bytes},
                                      Candidate{"state_kprobe", "kprobe/tcp_set_state", tcp_state_bpf__elf_bytes},
                                      Candidate{"state_tp", "tp_btf/inet_sock_set_state", tcp_state_bpf__elf_bytes}};
constexpr std::array kRetransmitCandidates{Candidate{"retransmit_tp", "tp_btf/tcp_retransmit_skb", tcp_state_bpf__elf_bytes}};
constexpr std::array kSeedCandidates{Candidate{"seed_tcp", "iter/tcp", sockets_bpf__elf_bytes},
                                     Candidate{"seed_udp", "iter/udp", sockets_bpf__elf_bytes}};

constexpr Capability kState{
    "tcp_state", "TCP states, handshakes of connections without packets, exact ends; ends are inferred from FIN and RST"};
constexpr Capability kRetransmissions{"retransmissions", "retransmission counts"};
constexpr Capability kSeeding{"seeding", "connections that are older than the agent, until they send"};

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

}  // namespace

AttachedHooks attach_tracing(const SharedMaps& maps, config::TcpStateHook wanted, Trial trial) {
  AttachedHooks hooks;
  try_candidates({.maps = maps}, kState, kStateCandidates, trial, wanted_prefix(wanted), hooks);
  try_candidates({.maps = maps}, kRetransmissions, kRetransmitCandidates, trial, "", hooks);
  return hooks;
}

SocketWalk SocketWalk::load(const SharedMaps& maps) {
  SocketWalk walk;
  try_candidates({.maps = maps}, kSeeding, kSeedCandidates, Trial::kEach, "", walk.iterators_);
  return walk;
}

void SocketWalk::run() const {
  for (const AttachedProgram& iterator : iterators_.programs) {
    const UniqueFd walk(bpf_iter_create(bpf_link__fd(iterator.link.get())));
    if (!walk) continue;
    std::array<char, 64> nothing;
    while (::read(walk.fd(), nothing.data(), nothing.size()) > 0) {
    }
  }
}

}  // namespace tickwire::kernel
