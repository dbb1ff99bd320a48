// SPDX-License-Identifier: Apache-2.0
#include "kernel/stage_hooks.h"

#include <fmt/format.h>
#include <kernel_stages.skel.h>
#include <qdisc.skel.h>
#include <socket_stages.skel.h>

#include <array>

namespace tickwire::kernel {
namespace {

enum class Needs { kNothing, kDelivery };

struct Stamp {
  Capability capability;
  std::span<const Candidate> candidates;
  Needs needs = Needs::kDelivery;
  bool each = false;  // one program for each family, not one of several for the same
};

// Every datagram that is read passes cgroup/recvmsg if the read asks who sent it, in whatever way it is called (recvfrom, recvmmsg,
// io_uring). skb_consume_udp, by fentry or kprobe, would see the other reads too, and peeks, but is no function on its own in kernels
// after 6.12; a server that answers its players has to ask who they are.
constexpr std::array kDelivery{Candidate{"socket_in", "cgroup_skb/ingress", socket_stages_bpf__elf_bytes}};
constexpr std::array kTcpRead{Candidate{"tcp_read_tp", "tp_btf/tcp_rcv_space_adjust", kernel_stages_bpf__elf_bytes}};
constexpr std::array kTcpWrite{
    Candidate{"tcp_write_tp", "tp_btf/tcp_sendmsg_locked", kernel_stages_bpf__elf_bytes},
    Candidate{"tcp_write_fentry", "fentry/tcp_sendmsg", kernel_stages_bpf__elf_bytes},
    Candidate{"tcp_write_kprobe", "kprobe/tcp_sendmsg", kernel_stages_bpf__elf_bytes},
    Candidate{"tcp_write_skb", "cgroup_skb/egress", socket_stages_bpf__elf_bytes,
              "by the first packet of the answer: what it waits for a window, or for more to send, counts as app"}};
constexpr std::array kUdpRead{Candidate{"udp_read4", "cgroup/recvmsg4", socket_stages_bpf__elf_bytes},
                              Candidate{"udp_read6", "cgroup/recvmsg6", socket_stages_bpf__elf_bytes}};
constexpr std::array kUdpWrite{Candidate{"udp_write4", "cgroup/sendmsg4", socket_stages_bpf__elf_bytes},
                               Candidate{"udp_write6", "cgroup/sendmsg6", socket_stages_bpf__elf_bytes}};
constexpr std::array kUdpRefusal{Candidate{"udp_refused_tp", "tp_btf/udp_fail_queue_rcv_skb", kernel_stages_bpf__elf_bytes}};
constexpr std::array kQdisc{Candidate{"qdisc_tp", "tp_btf/net_dev_start_xmit", qdisc_bpf__elf_bytes}};

constexpr std::string_view kTcpWrites = "tcp_write";
constexpr std::array kStamps{
    Stamp{{"delivery", "all stages, the queues of UDP sockets"}, kDelivery, Needs::kNothing},
    Stamp{{"tcp_read", "the stages of TCP connections"}, kTcpRead},
    Stamp{{kTcpWrites, "the stages of TCP connections"}, kTcpWrite},
    Stamp{{"udp_read", "the stages of UDP connections, what their datagrams wait for"}, kUdpRead, Needs::kDelivery, true},
    Stamp{{"udp_write", "the stages of UDP connections"}, kUdpWrite, Needs::kDelivery, true},
    Stamp{{"udp_refusal", "datagrams that a full socket refused; they count as waiting"}, kUdpRefusal},
    Stamp{{"qdisc", "the wait in the queueing discipline, after the other stages"}, kQdisc, Needs::kNothing},
};

std::string_view wanted_prefix(config::TcpWriteHook wanted) {
  switch (wanted) {
    case config::TcpWriteHook::kAuto:
      return "";
    case config::TcpWriteHook::kTracepoint:
      return "tp_btf";
    case config::TcpWriteHook::kFentry:
      return "fentry";
    case config::TcpWriteHook::kKprobe:
      return "kprobe";
    case config::TcpWriteHook::kEgress:
      return "cgroup_skb";
    case config::TcpWriteHook::kNone:
      return "none";
  }
  return "";
}

// Attached to the cgroup, so that it sees the sockets of its processes only.
bool is_on_cgroup(const model::HookAttempt& attempt) { return attempt.candidate.starts_with("cgroup"); }

// What is read without having been delivered would be taken for a peek.
void leave_out(const Stamp& stamp, AttachedHooks& hooks) {
  model::HookOutcome outcome{.capability = std::string(stamp.capability.name),
                             .interface = {},
                             .attempts = {},
                             .loses = std::string(stamp.capability.loses)};
  for (const Candidate& candidate : stamp.candidates) {
    outcome.attempts.push_back(
        {.candidate = std::string(candidate.name), .attached = false, .tried = false, .reason = "of no use without delivery"});
  }
  hooks.outcomes.push_back(std::move(outcome));
}

}  // namespace

std::string partial_view(const CgroupRoot& cgroup) {
  return cgroup.whole
             ? ""
             : fmt::format("{} is not the root of the hierarchy: sockets of processes outside are not seen", cgroup.path);
}

AttachedHooks attach_stages(const SharedMaps& maps, const Result<CgroupRoot>& cgroup, config::TcpWriteHook tcp_write,
                            Trial trial) {
  const HookPlaces places{.maps = maps, .cgroup = &cgroup};
  AttachedHooks hooks;
  for (const Stamp& stamp : kStamps) {
    if (trial != Trial::kExamine && stamp.needs == Needs::kDelivery && hooks.outcomes.front().mode().empty()) {
      leave_out(stamp, hooks);
      continue;
    }
    const Trial each = stamp.each && trial == Trial::kFirst ? Trial::kEach : trial;
    const std::string_view wanted = stamp.capability.name == kTcpWrites ? wanted_prefix(tcp_write) : "";
    try_candidates(places, stamp.capability, stamp.candidates, each, wanted, hooks);
  }
  if (!cgroup || cgroup->whole) return hooks;
  for (model::HookOutcome& outcome : hooks.outcomes) {
    for (model::HookAttempt& attempt : outcome.attempts) {
      if (!attempt.attached || !is_on_cgroup(attempt)) continue;
      attempt.reason += (attempt.reason.empty() ? "" : "; ") + partial_view(*cgroup);
    }
  }
  return hooks;
}

}  // namespace tickwire::kernel
