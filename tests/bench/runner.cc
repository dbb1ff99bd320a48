// SPDX-License-Identifier: Apache-2.0
#include "bench/runner.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <cerrno>

#include "base/clock.h"
#include "driver.skel.h"
#include "floor.skel.h"

namespace tickwire::harness {

void Runner::Destroy::operator()(driver_bpf* object) const { driver_bpf::destroy(object); }
void Runner::Destroy::operator()(floor_bpf* object) const { floor_bpf::destroy(object); }

Runner::~Runner() = default;

Result<std::unique_ptr<Runner>> Runner::open(const Programs& programs, std::uint32_t connections) {
  std::unique_ptr<Runner> runner(new Runner(programs));
  runner->driver_.reset(driver_bpf::open(nullptr));
  runner->floor_.reset(floor_bpf::open(nullptr));
  if (!runner->driver_ || !runner->floor_) return fail_errno(errno, "open", "the bench's programs");
  if (const int result = ::bpf_map__reuse_fd(runner->driver_->maps.connection_slots, programs.borrowed_slots_fd()); result != 0) {
    return fail_errno(-result, "share", "connection_slots");
  }
  if (const int result = ::bpf_map__reuse_fd(runner->driver_->maps.echo_slots, programs.borrowed_echo_slots_fd()); result != 0) {
    return fail_errno(-result, "share", "echo_slots");
  }
  ::bpf_map__set_max_entries(runner->floor_->maps.counts, connections);
  if (const int result = driver_bpf::load(runner->driver_.get()); result != 0) return fail_errno(-result, "load", "driver.bpf.o");
  if (const int result = floor_bpf::load(runner->floor_.get()); result != 0) return fail_errno(-result, "load", "floor.bpf.o");
  return runner;
}

int Runner::borrowed_fd(Program program, Subject subject) const {
  const auto& floor = floor_->progs;
  switch (subject) {
    case Subject::kTested:
      return programs_.borrowed_fd(program);
    case Subject::kEmpty:
      return ::bpf_program__fd(is_xdp(program) ? floor.empty_xdp : floor.empty_tc);
    case Subject::kLookup:
      if (is_xdp(program)) return ::bpf_program__fd(floor.lookup_xdp);
      return ::bpf_program__fd(is_ingress(program) ? floor.lookup_tc_in : floor.lookup_tc_out);
  }
  return -1;
}

Result<int> Runner::behind_driver(Program program, int borrowed_fd, const bench_plan& plan) {
  const bool xdp = is_xdp(program);
  const std::uint32_t first = 0;
  const bpf_map* tested = xdp ? driver_->maps.tested_xdp : driver_->maps.tested_tc;
  if (const int result = ::bpf_map__update_elem(tested, &first, sizeof(first), &borrowed_fd, sizeof(borrowed_fd), BPF_ANY);
      result != 0) {
    return fail_errno(-result, "put behind the driver", "a program");
  }
  bench_plan& shared = driver_->bss->plan;
  const std::uint32_t packets = shared.packets;
  shared = plan;
  shared.packets = packets;
  shared.stamp_ns = static_cast<std::uint64_t>(monotonic_now().count());
  return ::bpf_program__fd(xdp ? driver_->progs.drive_xdp : driver_->progs.drive_tc);
}

Result<double> Runner::ns_per_packet(const Row& row, Subject subject, std::uint32_t packets) {
  int fd = borrowed_fd(row.program, subject);
  if (row.plan) {
    const auto driver = behind_driver(row.program, fd, *row.plan);
    if (!driver) return std::unexpected(driver.error());
    fd = *driver;
  }
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = row.frame.data(), .data_size_in = static_cast<__u32>(row.frame.size()),
              .repeat = static_cast<int>(packets));
  const std::uint32_t before = driver_->bss->plan.packets;
  const int result = ::bpf_prog_test_run_opts(fd, &options);
  // Only the programs under test have connections whose sequence numbers go on: the others' would make gaps in them.
  if (subject != Subject::kTested) driver_->bss->plan.packets = before;
  if (result != 0) return fail_errno(-result, "run", row.name);
  if (static_cast<int>(options.retval) != pass_verdict(row.program)) return fail(row.name + ": the packet did not pass");
  return options.duration;
}

}  // namespace tickwire::harness
