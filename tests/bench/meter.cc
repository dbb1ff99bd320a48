// SPDX-License-Identifier: Apache-2.0
#include "bench/meter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <string.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

#include "meter.skel.h"

namespace tickwire::harness {

namespace {

// libbpf's own functions give a negative errno value, or set errno and give a null pointer.
void check(bool succeeded, const std::string& operation, int errno_value) {
  if (!succeeded) throw std::runtime_error(operation + ": " + ::strerror(errno_value));
}

// Numbers of the programs that the process has open, itself or through a link.
std::set<std::uint32_t> program_ids(pid_t pid) {
  std::set<std::uint32_t> ids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fdinfo")) {
    std::ifstream file(entry.path());
    std::string word;
    while (file >> word) {
      std::uint32_t id = 0;
      if (word == "prog_id:" && file >> id && id != 0) ids.insert(id);
    }
  }
  return ids;
}

void attach_tc(const Namespace& network, int borrowed_program_fd) {
  network.enter([&] {
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(::if_nametoindex("eth0")), .attach_point = BPF_TC_INGRESS);
    int result = ::bpf_tc_hook_create(&hook);
    check(result == 0, "make clsact on the player's eth0", -result);
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = borrowed_program_fd);
    result = ::bpf_tc_attach(&hook, &options);
    check(result == 0, "attach meter_tc", -result);
  });
}

}  // namespace

ProgramSet ProgramSet::of_process(pid_t pid) {
  ProgramSet set;
  for (const std::uint32_t id : program_ids(pid)) {
    UniqueFd program(::bpf_prog_get_fd_by_id(id));
    check(static_cast<bool>(program), "open program " + std::to_string(id), errno);
    set.programs_.push_back(std::move(program));
  }
  return set;
}

std::vector<ProgramRuns> ProgramSet::read() const {
  std::vector<ProgramRuns> all;
  for (const UniqueFd& program : programs_) {
    bpf_prog_info info{};
    __u32 size = sizeof info;
    const int result = ::bpf_obj_get_info_by_fd(program.fd(), &info, &size);
    check(result == 0, "read a program's totals", -result);
    all.push_back({.program = info.name, .type = info.type, .runs = info.run_cnt, .run_time_ns = info.run_time_ns});
  }
  return all;
}

RunTimeStatistics::RunTimeStatistics() : enabled_(::bpf_enable_stats(BPF_STATS_RUN_TIME)) {
  check(static_cast<bool>(enabled_), "turn statistics on", errno);
}

void Meter::Destroy::operator()(meter_bpf* object) const { meter_bpf::destroy(object); }

Meter::~Meter() = default;

Meter::Meter(const Namespace& player, const std::string& cgroup_folder) : object_(meter_bpf::open(nullptr)) {
  check(object_ != nullptr, "open meter.bpf.o", errno);
  const int loaded = meter_bpf::load(object_.get());
  check(loaded == 0, "load meter.bpf.o", -loaded);
  const UniqueFd cgroup(::open(cgroup_folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  check(static_cast<bool>(cgroup), "open the root of cgroup2", errno);
  auto& links = object_->links;
  const auto& programs = object_->progs;
  links.meter_skb = ::bpf_program__attach_cgroup(programs.meter_skb, cgroup.fd());
  check(links.meter_skb != nullptr, "attach meter_skb", errno);
  links.meter_address = ::bpf_program__attach_cgroup(programs.meter_address, cgroup.fd());
  check(links.meter_address != nullptr, "attach meter_address", errno);
  links.meter_trace = ::bpf_program__attach(programs.meter_trace);
  check(links.meter_trace != nullptr, "attach meter_trace", errno);
  player.enter([&] {
    links.meter_xdp = ::bpf_program__attach_xdp(programs.meter_xdp, static_cast<int>(::if_nametoindex("eth0")));
    check(links.meter_xdp != nullptr, "attach meter_xdp", errno);
  });
  attach_tc(player, ::bpf_program__fd(programs.meter_tc));
  programs_ = std::make_unique<ProgramSet>(ProgramSet::of_process(::getpid()));
}

std::map<std::uint32_t, double> ns_per_run(const std::vector<ProgramRuns>& before, const std::vector<ProgramRuns>& after) {
  std::map<std::uint32_t, double> ns;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const std::uint64_t runs = after[i].runs - before[i].runs;
    if (runs == 0) continue;
    ns[after[i].type] = static_cast<double>(after[i].run_time_ns - before[i].run_time_ns) / static_cast<double>(runs);
  }
  return ns;
}

}  // namespace tickwire::harness
