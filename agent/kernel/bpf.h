// What it owns: the kernel's BPF handles as C++ values, and libbpf's own messages.
// Who may use it: agent/kernel only.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tickwire::kernel {

struct ObjectCloser {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using UniqueObject = std::unique_ptr<bpf_object, ObjectCloser>;

struct LinkDestroyer {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using UniqueLink = std::unique_ptr<bpf_link, LinkDestroyer>;

// Sends libbpf's messages to the log, all of them at debug level: a refused candidate is no failure of ours, and what is one has
// its own message. Once, at start.
void route_libbpf_messages();

// BPF_LINK_CREATE of a program on an interface, for the attach types that libbpf 1.1 does not know (TCX) and for XDP. The link
// goes with the descriptor. Errno in the error.
[[nodiscard]] Result<UniqueFd> create_interface_link(int borrowed_program_fd, int ifindex, unsigned attach_type, unsigned flags);

// include/uapi/linux/bpf.h, since 6.6.
inline constexpr unsigned kTcxIngress = 46;
inline constexpr unsigned kTcxEgress = 47;
inline constexpr unsigned kBefore = 1U << 3;  // BPF_F_BEFORE: first in the list

}  // namespace tickwire::kernel
