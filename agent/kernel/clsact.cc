// SPDX-License-Identifier: Apache-2.0
#include "kernel/clsact.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/unique_fd.h"
#include "kernel/bpf.h"

namespace tickwire::kernel {
namespace {

bpf_tc_attach_point point_of(ClsactSide side) { return side == ClsactSide::kIngress ? BPF_TC_INGRESS : BPF_TC_EGRESS; }

bpf_tc_hook hook_of(int ifindex, bpf_tc_attach_point point) {
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = ifindex;
  hook.attach_point = point;
  return hook;
}

bpf_tc_opts options_of() {
  bpf_tc_opts options{};
  options.sz = sizeof(options);
  options.handle = ClsactFilter::kHandle;
  options.priority = ClsactFilter::kPriority;
  return options;
}

// Is the filter in our place a program of ours?
bool ours(const bpf_tc_opts& found, ClsactSide side) {
  const UniqueFd program(bpf_prog_get_fd_by_id(found.prog_id));
  if (!program) return false;
  bpf_prog_info info{};
  __u32 size = sizeof(info);
  if (bpf_obj_get_info_by_fd(program.fd(), &info, &size) != 0) return false;
  return std::string_view(info.name) == (side == ClsactSide::kIngress ? "ingress_tc" : "egress_tc");
}

// Whether any filter hangs on a side of the clsact qdisc (RTM_GETTFILTER dump). True when it cannot be told.
bool has_filters(int ifindex, ClsactSide side) {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return true;
  struct {
    nlmsghdr header;
    tcmsg message;
  } request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = RTM_GETTFILTER;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.message.tcm_family = AF_UNSPEC;
  request.message.tcm_ifindex = ifindex;
  request.message.tcm_parent = TC_H_MAKE(TC_H_CLSACT, side == ClsactSide::kIngress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
  const timeval limit{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  if (::send(socket.fd(), &request, sizeof(request), 0) < 0) return true;
  alignas(nlmsghdr) std::array<char, 16384> buffer;
  while (true) {
    const ssize_t bytes = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (bytes <= 0) return true;
    auto left = static_cast<unsigned>(bytes);
    for (auto* answer = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(answer, left); answer = NLMSG_NEXT(answer, left)) {
      if (answer->nlmsg_type == NLMSG_DONE) return false;
      if (answer->nlmsg_type == NLMSG_ERROR) return true;
      if (answer->nlmsg_type == RTM_NEWTFILTER) return true;
    }
  }
}

}  // namespace

bool sweep_clsact(int ifindex, ClsactSide side) {
  const bpf_tc_hook hook = hook_of(ifindex, point_of(side));
  bpf_tc_opts found = options_of();
  if (bpf_tc_query(&hook, &found) != 0 || !ours(found, side)) return false;
  const bpf_tc_opts detach = options_of();
  return bpf_tc_detach(&hook, &detach) == 0;
}

Result<std::unique_ptr<ClsactFilter>> ClsactFilter::attach(int ifindex, ClsactSide side, int borrowed_program_fd) {
  bpf_tc_hook hook = hook_of(ifindex, point_of(side));
  const int made = bpf_tc_hook_create(&hook);  // of one side: makes the qdisc, which has both
  if (made != 0 && made != -EEXIST) return fail_errno(-made, "make the clsact qdisc", "");
  sweep_clsact(ifindex, side);
  bpf_tc_opts options = options_of();
  options.prog_fd = borrowed_program_fd;
  const int attached = bpf_tc_attach(&hook, &options);
  if (attached != 0) {
    if (made == 0) ClsactFilter(ifindex, side, true);  // its end takes the qdisc away again
    return fail_errno(-attached, "attach", "",
                      attached == -EEXIST ? "another program holds priority 7, handle 0x7477 of the clsact qdisc" : "");
  }
  return std::unique_ptr<ClsactFilter>(new ClsactFilter(ifindex, side, made == 0));
}

ClsactFilter::~ClsactFilter() {
  sweep_clsact(ifindex_, side_);
  if (!made_qdisc_ || has_filters(ifindex_, ClsactSide::kIngress) || has_filters(ifindex_, ClsactSide::kEgress)) return;
  bpf_tc_hook hook = hook_of(ifindex_, static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
  bpf_tc_hook_destroy(&hook);
}

}  // namespace tickwire::kernel
