// What it owns: ns per packet of a program, by a test run of the kernel, straight or behind the driver.
// Who may use it: tests/bench.
// Thread: one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "bench/bench_plan.h"
#include "bpf/programs.h"
#include "harness/packet.h"

struct driver_bpf;
struct floor_bpf;

namespace tickwire::harness {

// One line of the table: a packet, the program that sees it, and what has to change from packet to packet.
struct Row {
  std::string name;
  Program program;
  Bytes frame;
  std::optional<bench_plan> plan;   // none: the very same packet each time, without a driver
  std::optional<double> target_ns;  // net; none: none was set
};

// What a row is measured with.
enum class Subject { kTested, kEmpty, kLookup };

class Runner {
 public:
  // Loads the driver and the floor; the programs outlive the runner. So many connections fit into the floor's hash.
  [[nodiscard]] static Result<std::unique_ptr<Runner>> open(const Programs& programs, std::uint32_t connections);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Mean over so many packets in one test run. An Error when the kernel refuses it or the verdict is not "pass".
  [[nodiscard]] Result<double> ns_per_packet(const Row& row, Subject subject, std::uint32_t packets);

 private:
  struct Destroy {
    void operator()(driver_bpf* object) const;
    void operator()(floor_bpf* object) const;
  };
  explicit Runner(const Programs& programs) : programs_(programs) {}
  [[nodiscard]] int borrowed_fd(Program program, Subject subject) const;
  // Puts the program behind the driver; gives the driver's program.
  [[nodiscard]] Result<int> behind_driver(Program program, int borrowed_fd, const bench_plan& plan);

  const Programs& programs_;
  std::unique_ptr<driver_bpf, Destroy> driver_;
  std::unique_ptr<floor_bpf, Destroy> floor_;
};

}  // namespace tickwire::harness
