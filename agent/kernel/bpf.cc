// SPDX-License-Identifier: Apache-2.0
#include "kernel/bpf.h"

#include <linux/bpf.h>
#include <spdlog/spdlog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace tickwire::kernel {
namespace {

int log_message(libbpf_print_level, const char* format, va_list arguments) {
  if (!spdlog::should_log(spdlog::level::debug)) return 0;
  std::array<char, 4096> line{};
  std::vsnprintf(line.data(), line.size(), format, arguments);
  std::string_view text(line.data());
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  spdlog::debug("libbpf: {}", text);
  return 0;
}

}  // namespace

void route_libbpf_messages() { libbpf_set_print(log_message); }

Result<UniqueFd> create_interface_link(int borrowed_program_fd, int ifindex, unsigned attach_type, unsigned flags) {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof(attributes));
  attributes.link_create.prog_fd = static_cast<__u32>(borrowed_program_fd);
  attributes.link_create.target_ifindex = static_cast<__u32>(ifindex);
  attributes.link_create.attach_type = attach_type;
  attributes.link_create.flags = flags;
  const long fd = ::syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof(attributes));
  if (fd < 0) {
    const int error = errno;
    return fail_errno(error, "attach", "");
  }
  return UniqueFd(static_cast<int>(fd));
}

}  // namespace tickwire::kernel
