// What it owns: how often programs of the kernel ran and for how long, by the kernel's own statistics, and what the statistics
// themselves add to a run.
// Who may use it: tests/bench, as root. What cannot be set up throws std::runtime_error.
// Thread: one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "harness/network.h"

struct meter_bpf;

namespace tickwire::harness {

// A program's totals since it was loaded; only what passed while statistics were on.
struct ProgramRuns {
  std::string program;
  std::uint32_t type = 0;  // enum bpf_prog_type
  std::uint64_t runs = 0;
  std::uint64_t run_time_ns = 0;
};

// The programs that a process holds. They stay loaded while this lives.
class ProgramSet {
 public:
  static ProgramSet of_process(pid_t pid);
  // In the same order each time.
  [[nodiscard]] std::vector<ProgramRuns> read() const;

 private:
  std::vector<UniqueFd> programs_;
};

// Run-time statistics are on while it lives: by a descriptor, so that they end with the process however it ends. They cost every
// program of the machine the same as ours.
class RunTimeStatistics {
 public:
  RunTimeStatistics();

 private:
  UniqueFd enabled_;
};

// Programs that do nothing, attached where they see the same traffic as the agent's: XDP and TC on the player's eth0, where the
// agent has none, the others on the cgroup and the tracepoint beside its own.
class Meter {
 public:
  Meter(const Namespace& player, const std::string& cgroup_folder);
  ~Meter();
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  [[nodiscard]] std::vector<ProgramRuns> read() const { return programs_->read(); }

 private:
  struct Destroy {
    void operator()(meter_bpf* object) const;
  };
  std::unique_ptr<meter_bpf, Destroy> object_;
  std::unique_ptr<ProgramSet> programs_;
};

// Mean ns of a run by the type of program; types that did not run between the two readings are not there.
[[nodiscard]] std::map<std::uint32_t, double> ns_per_run(const std::vector<ProgramRuns>& before,
                                                         const std::vector<ProgramRuns>& after);

}  // namespace tickwire::harness
