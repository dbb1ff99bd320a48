// SPDX-License-Identifier: Apache-2.0
#include "kernel/packet_hooks.h"

#include <fmt/format.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <utility>

#include "kernel/bpf.h"
#include "kernel/interfaces.h"

namespace tickwire::kernel {
namespace {

struct Candidate {
  std::string name;
  std::function<Result<Attachment>()> attach;
};

Result<Attachment> attach_link(int borrowed_program_fd, int ifindex, unsigned type, unsigned flags) {
  Result<UniqueFd> link = create_interface_link(borrowed_program_fd, ifindex, type, flags);
  if (!link) return std::unexpected(link.error());
  return Attachment{.link = std::move(*link), .filter = nullptr};
}

Result<Attachment> attach_clsact(int borrowed_program_fd, int ifindex, ClsactSide side) {
  auto filter = ClsactFilter::attach(ifindex, side, borrowed_program_fd);
  if (!filter) return std::unexpected(filter.error());
  return Attachment{.link = UniqueFd(), .filter = std::move(*filter)};
}

// A frame that may span several buffers (MTU above a page) needs the second program; not every driver takes it.
Result<Attachment> attach_native(const PacketPrograms& programs, int ifindex) {
  Result<Attachment> plain = attach_link(programs.ingress_xdp, ifindex, BPF_XDP, XDP_FLAGS_DRV_MODE);
  if (plain) return plain;
  Result<Attachment> frags = attach_link(programs.ingress_frags, ifindex, BPF_XDP, XDP_FLAGS_DRV_MODE);
  return frags ? std::move(frags) : std::move(plain);
}

std::vector<Candidate> arrival_candidates(const PacketPrograms& programs, int ifindex) {
  return {
      {"xdp_native", [=] { return attach_native(programs, ifindex); }},
      {"tcx", [=] { return attach_link(programs.ingress_tc, ifindex, kTcxIngress, kBefore); }},
      {"clsact", [=] { return attach_clsact(programs.ingress_tc, ifindex, ClsactSide::kIngress); }},
      {"xdp_generic", [=] { return attach_link(programs.ingress_xdp, ifindex, BPF_XDP, XDP_FLAGS_SKB_MODE); }},
  };
}

std::vector<Candidate> departure_candidates(const PacketPrograms& programs, int ifindex) {
  return {
      {"tcx", [=] { return attach_link(programs.egress_tc, ifindex, kTcxEgress, kBefore); }},
      {"clsact", [=] { return attach_clsact(programs.egress_tc, ifindex, ClsactSide::kEgress); }},
  };
}

// Why a candidate is left out unless it is asked for; empty = it is not left out.
std::string held_back(const std::string& candidate, const std::string& interface, const std::string& kind) {
  if (candidate == "xdp_native" && interface == "lo") return "lo has no native XDP";
  if (candidate == "xdp_native" && !kind.empty()) {
    return fmt::format("not on a {} interface unless asked for: native XDP there slows the other end down", kind);
  }
  if (candidate == "xdp_generic" && interface != "lo") return "only where asked for: it switches the interface's GRO off";
  return {};
}

// Attaches the first candidate that works, of those that are wanted ("" = all that are not held back); all = goes on, and keeps
// none.
Attachment attach_first(const std::vector<Candidate>& candidates, const std::string& wanted, const std::string& kind, bool all,
                        model::HookOutcome& outcome) {
  Attachment result;
  for (const Candidate& candidate : candidates) {
    model::HookAttempt attempt{.candidate = candidate.name, .attached = false, .tried = false, .reason = {}};
    if (all || outcome.mode().empty()) {
      attempt.reason = wanted.empty() ? held_back(candidate.name, outcome.interface, kind)
                                      : std::string(candidate.name == wanted ? "" : "not asked for");
      attempt.tried = attempt.reason.empty();
    }
    if (attempt.tried) {
      Result<Attachment> attached = candidate.attach();
      attempt.attached = attached.has_value();
      if (!attached) {
        attempt.reason = attached.error().text();
      } else if (!all) {
        result = std::move(*attached);
      }
    }
    outcome.attempts.push_back(std::move(attempt));
  }
  return result;
}

std::string wanted_name(config::Arrival arrival) {
  switch (arrival) {
    case config::Arrival::kAuto:
      return {};
    case config::Arrival::kXdpNative:
      return "xdp_native";
    case config::Arrival::kXdpGeneric:
      return "xdp_generic";
    case config::Arrival::kTcx:
      return "tcx";
    case config::Arrival::kClsact:
      return "clsact";
  }
  return {};
}

std::string wanted_name(config::Departure departure) {
  switch (departure) {
    case config::Departure::kAuto:
      return {};
    case config::Departure::kTcx:
      return "tcx";
    case config::Departure::kClsact:
      return "clsact";
  }
  return {};
}

model::HookOutcome arrival_outcome(const std::string& interface) {
  return {.capability = "arrival", .interface = interface, .attempts = {}, .loses = "everything"};
}

model::HookOutcome departure_outcome(const std::string& interface) {
  return {.capability = "departure", .interface = interface, .attempts = {}, .loses = "everything but packets in"};
}

Error nothing_worked(const model::HookOutcome& outcome) {
  std::string reasons;
  bool privilege = false;
  for (const model::HookAttempt& attempt : outcome.attempts) {
    if (!attempt.tried) continue;
    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", attempt.candidate, attempt.reason);
    privilege = privilege || attempt.reason.find("EPERM") != std::string::npos;
  }
  return Error{privilege ? Failure::kMissing : Failure::kFailed,
               fmt::format("attach {} to {}: no candidate works ({})", outcome.capability, outcome.interface, reasons),
               "`tickwire doctor` tries them all and says what can be done"};
}

// One agent an interface: an abstract Unix socket is unique in a network namespace and goes with the process.
Result<UniqueFd> claim_interface(const std::string& interface, int ifindex) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) {
    const int error = errno;
    return fail_errno(error, "claim", interface);
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = fmt::format("tickwire/interface/{}", ifindex);
  std::memcpy(address.sun_path + 1, name.data(), name.size());  // a leading NUL: abstract
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    const int error = errno;
    if (error == EADDRINUSE) {
      return fail(fmt::format("attach to {}: another tickwire agent watches this interface", interface),
                  "stop it, or choose other interfaces with --interface");
    }
    return fail_errno(error, "claim", interface);
  }
  return socket;
}

}  // namespace

Result<std::unique_ptr<PacketHooks>> PacketHooks::attach(const std::string& interface, const PacketPrograms& programs,
                                                         config::Arrival arrival, config::Departure departure) {
  const auto index = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (index == 0) return fail_usage(fmt::format("interface {}: there is no such interface", interface));
  if (!interface_is_ethernet(interface)) {
    return fail_usage(fmt::format("interface {}: not an Ethernet interface, its packets have no Ethernet header", interface),
                      "name another one with --interface");
  }
  std::unique_ptr<PacketHooks> hooks(new PacketHooks());
  hooks->interface_ = interface;
  hooks->ifindex_ = index;
  Result<UniqueFd> claim = claim_interface(interface, index);
  if (!claim) return std::unexpected(claim.error());
  hooks->claim_ = std::move(*claim);

  // What a killed agent left would count every packet twice.
  sweep_clsact(index, ClsactSide::kIngress);
  sweep_clsact(index, ClsactSide::kEgress);

  const std::string kind = link_kind(interface);
  hooks->arrival_ = arrival_outcome(interface);
  hooks->arrival_attachment_ =
      attach_first(arrival_candidates(programs, index), wanted_name(arrival), kind, false, hooks->arrival_);
  if (hooks->arrival_.mode().empty()) return std::unexpected(nothing_worked(hooks->arrival_));
  hooks->departure_ = departure_outcome(interface);
  hooks->departure_attachment_ =
      attach_first(departure_candidates(programs, index), wanted_name(departure), kind, false, hooks->departure_);
  if (hooks->departure_.mode().empty()) return std::unexpected(nothing_worked(hooks->departure_));
  return hooks;
}

PacketHooks::~PacketHooks() {
  // Departure first: the arrival's filter may be the one that takes the qdisc away.
  departure_attachment_ = {};
  arrival_attachment_ = {};
}

bool PacketHooks::in_place() const {
  for (const UniqueFd* link : {&arrival_attachment_.link, &departure_attachment_.link}) {
    if (!*link) continue;
    bpf_link_info info{};
    __u32 size = sizeof(info);
    if (bpf_obj_get_info_by_fd(link->fd(), &info, &size) != 0) return false;
    // XDP and TCX links have their ifindex in the first word of their part; 0 once they are detached.
    if (info.xdp.ifindex == 0) return false;
  }
  return true;
}

std::vector<model::HookOutcome> PacketHooks::try_all(const std::string& interface, const PacketPrograms& programs) {
  const auto index = static_cast<int>(::if_nametoindex(interface.c_str()));
  const std::string kind = link_kind(interface);
  model::HookOutcome arrival = arrival_outcome(interface);
  attach_first(arrival_candidates(programs, index), "", kind, true, arrival);
  model::HookOutcome departure = departure_outcome(interface);
  attach_first(departure_candidates(programs, index), "", kind, true, departure);
  return {std::move(arrival), std::move(departure)};
}

}  // namespace tickwire::kernel
