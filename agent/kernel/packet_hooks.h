// What it owns: our programs on one interface: arrival and departure, each by the best candidate that works.
// Who may use it: agent/kernel only.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/options.h"
#include "kernel/clsact.h"
#include "model/hooks.h"

namespace tickwire::kernel {

// The loaded programs, borrowed.
struct PacketPrograms {
  int ingress_xdp = -1;
  int ingress_frags = -1;
  int ingress_tc = -1;
  int egress_tc = -1;
};

// One attached program; it comes off when this goes.
struct Attachment {
  UniqueFd link;                         // XDP and TCX
  std::unique_ptr<ClsactFilter> filter;  // clsact
};

class PacketHooks {
 public:
  // Attaches to the interface. Errors: no such interface, not Ethernet, another agent works on it, no candidate for arrival or
  // none for departure worked (each one's reason is in the message). What was attached on the way is detached then.
  [[nodiscard]] static Result<std::unique_ptr<PacketHooks>> attach(const std::string& interface, const PacketPrograms& programs,
                                                                   config::Arrival arrival, config::Departure departure);
  // Tries every candidate of both, attaching and detaching each; for doctor. The interface is left as it was.
  [[nodiscard]] static std::vector<model::HookOutcome> try_all(const std::string& interface, const PacketPrograms& programs);
  ~PacketHooks();

  [[nodiscard]] int ifindex() const { return ifindex_; }
  [[nodiscard]] const std::string& interface() const { return interface_; }
  // False once somebody detached one of our programs behind our back.
  [[nodiscard]] bool in_place() const;
  [[nodiscard]] const model::HookOutcome& arrival() const { return arrival_; }
  [[nodiscard]] const model::HookOutcome& departure() const { return departure_; }

 private:
  PacketHooks() = default;
  std::string interface_;
  int ifindex_ = 0;
  UniqueFd claim_;  // holds the interface against a second agent
  Attachment arrival_attachment_;
  Attachment departure_attachment_;
  model::HookOutcome arrival_;
  model::HookOutcome departure_;
};

}  // namespace tickwire::kernel
