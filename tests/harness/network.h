// What it owns: network namespaces and veth pairs for tests, made with the test and gone with it.
// Who may use it: tests, as root.
// Thread: the test's main thread; enter() does its work on a thread of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "harness/command.h"

namespace tickwire::harness {

// A named namespace, "twt-PID-NUMBER-role", with lo up and no IPv6 noise (no duplicate address detection, no router
// solicitation). What cannot be set up throws std::runtime_error.
class Namespace {
 public:
  explicit Namespace(std::string_view role);
  ~Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  // Does `work` on a thread that is inside; sockets that it opens stay inside wherever they are used. Rethrows.
  void enter(const std::function<void()>& work) const;
  // Writes a value to /proc/sys/net/PATH of this namespace.
  void set(const std::string& path, const std::string& value) const;
  // Runs a command inside that must succeed; gives its standard output.
  std::string run(const Words& words) const { return must_run(words, name_); }

 private:
  std::string name_;
};

// Removes the namespaces of tests: ours, and those of test processes that are not alive any more.
void sweep_namespaces();

// One end of a veth pair. Addresses are ADDRESS/LENGTH, or empty.
struct Port {
  const Namespace& network;
  std::string interface = "eth0";
  std::string v4 = {};
  std::string v6 = {};
};

struct VethOptions {
  int mtu = 1500;
  bool offloads =
      false;  // false: checksums are in the frames and no frame is longer than the MTU, as a program between needs them
};

// Makes the pair, sets both up with their addresses, and makes the two neighbours, so that no ARP or ND frame is sent.
void connect(const Port& first, const Port& second, const VethOptions& options = {});

// Lets each port reach the other's addresses without asking; also where something stands between them.
void make_neighbours(const Port& first, const Port& second);
// Turns segmentation, merging and checksum offloads of the interface off. Software segmentation (GSO) stays when asked for.
void offloads_off(const Port& port, bool keep_gso = false);

}  // namespace tickwire::harness
