// SPDX-License-Identifier: Apache-2.0
#include "kernel/hook_programs.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

namespace tickwire::kernel {
namespace {

// The number of this process' network namespace; 0 where /proc does not tell, which is no namespace's number.
std::uint32_t network_namespace() {
  struct stat status {};
  return ::stat("/proc/self/ns/net", &status) == 0 ? static_cast<std::uint32_t>(status.st_ino) : 0;
}

// The object with every map replaced by the shared one of the same name, and one program to be loaded.
Result<UniqueObject> load_program(const SharedMaps& maps, const Candidate& candidate) {
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  options.object_name = candidate.program;
  std::size_t bytes = 0;
  const void* elf = candidate.elf(&bytes);
  UniqueObject object(bpf_object__open_mem(elf, bytes, &options));
  if (!object) {
    const int error = errno;
    return fail_errno(error, "open", "");
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object.get()) {
    const int shared = maps.fd(bpf_map__name(map));
    if (shared >= 0) bpf_map__reuse_fd(map, shared);
  }
  if (bpf_map* own_netns = bpf_object__find_map_by_name(object.get(), ".rodata.netns")) {
    const std::uint32_t number = network_namespace();
    bpf_map__set_initial_value(own_netns, &number, sizeof(number));
  }
  bpf_program* each = nullptr;
  bpf_object__for_each_program(each, object.get()) {
    bpf_program__set_autoload(each, std::string_view(bpf_program__name(each)) == candidate.program);
  }
  const int loaded = bpf_object__load(object.get());
  if (loaded != 0) return fail_errno(-loaded, "load", "");
  return object;
}

bool is_on_cgroup(const bpf_program* program) {
  const bpf_prog_type type = bpf_program__type(program);
  return type == BPF_PROG_TYPE_CGROUP_SKB || type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
}

}  // namespace

Result<AttachedProgram> attach_program(const HookPlaces& places, const Candidate& candidate) {
  Result<UniqueObject> object = load_program(places.maps, candidate);
  if (!object) return std::unexpected(object.error());
  const bpf_program* loaded = bpf_object__find_program_by_name(object->get(), candidate.program);
  UniqueLink link;
  if (is_on_cgroup(loaded)) {
    if (!*places.cgroup) return std::unexpected(places.cgroup->error());
    // A link stands beside the programs of others, before and after us, and is never replaced by theirs (BPF_F_ALLOW_MULTI).
    link.reset(bpf_program__attach_cgroup(loaded, (*places.cgroup)->directory.fd()));
  } else {
    link.reset(bpf_program__attach(loaded));
  }
  if (!link) {
    const int error = errno;
    return fail_errno(error, "attach", "");
  }
  return AttachedProgram(std::move(*object), std::move(link));
}

void try_candidates(const HookPlaces& places, const Capability& capability, std::span<const Candidate> candidates, Trial trial,
                    std::string_view wanted, AttachedHooks& hooks) {
  model::HookOutcome outcome{
      .capability = std::string(capability.name), .interface = {}, .attempts = {}, .loses = std::string(capability.loses)};
  for (const Candidate& candidate : candidates) {
    model::HookAttempt attempt{.candidate = std::string(candidate.name), .attached = false, .tried = false, .reason = {}};
    if (!candidate.name.starts_with(wanted)) {
      attempt.reason = "not asked for";
    } else if (trial != Trial::kFirst || outcome.mode().empty()) {
      attempt.tried = true;
      Result<AttachedProgram> program = attach_program(places, candidate);
      attempt.attached = program.has_value();
      attempt.reason = program ? std::string(candidate.lacks) : program.error().text();
      if (program && trial != Trial::kExamine) hooks.programs.push_back(std::move(*program));
    }
    outcome.attempts.push_back(std::move(attempt));
  }
  hooks.outcomes.push_back(std::move(outcome));
}

}  // namespace tickwire::kernel
