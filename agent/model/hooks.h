// What it owns: the outcome of every hook that was tried, as doctor, the API and a metric show it.
// Who may use it: kernel fills it, export shows it.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tickwire::model {

// One candidate program of a capability, tried for real.
struct HookAttempt {
  std::string candidate;  // "fentry/tcp_set_state", "xdp_native", "tcx", ...
  bool attached = false;  // it is the one in use (doctor: it could be)
  bool tried = false;     // false: a better one had worked, or it was not asked for
  std::string reason;  // when refused: "load: EPERM (Operation not permitted)"; when attached: what it does not see; else empty
};

// What was wanted in one place, and which candidate gave it.
struct HookOutcome {
  // "arrival", "departure", "tcp_state", "retransmissions", "seeding"; of stages "delivery" (to the socket), "tcp_read",
  // "tcp_write", "udp_read", "udp_write", "udp_refusal", "qdisc".
  std::string capability;
  std::string interface;              // "eth0"; empty for what is not on an interface
  std::vector<HookAttempt> attempts;  // best first
  std::string loses;                  // what the user does not get without it: "TCP state, ..."
  // The candidate in use; empty when none worked.
  [[nodiscard]] std::string mode() const {
    for (const HookAttempt& attempt : attempts) {
      if (attempt.attached) return attempt.candidate;
    }
    return {};
  }
};

// One thing that doctor looked at, besides hooks.
struct DoctorCheck {
  enum class Verdict : std::uint8_t { kOk, kWarning, kFailed };
  std::string subject;  // "kernel", "btf", "capabilities", "bpf statistics", ...
  Verdict verdict = Verdict::kOk;
  std::string finding;  // "6.18.44", "CAP_BPF is missing"
  std::string advice;   // what to do; empty when ok
};

// What `tickwire doctor` found; each hook by a trial load and attach on an interface of the machine.
struct DoctorReport {
  std::string version;
  std::vector<DoctorCheck> checks;
  std::vector<HookOutcome> hooks;
  // Failed checks, or a missing arrival or departure: the agent could not work here.
  bool usable = false;
};

}  // namespace tickwire::model
