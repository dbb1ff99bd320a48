// SPDX-License-Identifier: Apache-2.0
#include "kernel/clsact.h"

#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// The attributes of a netlink message or of a nested attribute, by their type.
const rtattr* find_attribute(const rtattr* first, std::size_t bytes, unsigned short type) {
  auto left = static_cast<unsigned>(bytes);
  for (const rtattr* each = first; RTA_OK(each, left); each = RTA_NEXT(each, left)) {
    if ((each->rta_type & NLA_TYPE_MASK) == type) return each;
  }
  return nullptr;
}

// A filter that hangs on a side of a clsact qdisc.
struct Filter {
  std::uint32_t handle = 0;
  std::uint32_t priority = 0;
  std::string name;  // of a BPF filter, as who attached it called it: libbpf says "ingress_tc:[ID]"
};

Filter filter_of(const nlmsghdr& answer) {
  const auto* message = static_cast<const tcmsg*>(NLMSG_DATA(&answer));
  Filter filter{.handle = message->tcm_handle, .priority = TC_H_MAJ(message->tcm_info) >> 16, .name = {}};
  const rtattr* options = find_attribute(TCA_RTA(message), NLMSG_PAYLOAD(&answer, sizeof(tcmsg)), TCA_OPTIONS);
  if (options == nullptr) return filter;
  const rtattr* name = find_attribute(static_cast<const rtattr*>(RTA_DATA(options)), RTA_PAYLOAD(options), TCA_BPF_NAME);
  if (name != nullptr)
    filter.name.assign(static_cast<const char*>(RTA_DATA(name)),
                       ::strnlen(static_cast<const char*>(RTA_DATA(name)), RTA_PAYLOAD(name)));
  return filter;
}

// RTM_GETTFILTER dump; none when it cannot be told.
std::optional<std::vector<Filter>> filters_of(int ifindex, ClsactSide side) {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return std::nullopt;
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
  if (::send(socket.fd(), &request, sizeof(request), 0) < 0) return std::nullopt;
  alignas(nlmsghdr) std::array<char, 32768> buffer;
  std::vector<Filter> filters;
  while (true) {
    const ssize_t bytes = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (bytes <= 0) return std::nullopt;
    auto left = static_cast<unsigned>(bytes);
    for (auto* answer = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(answer, left); answer = NLMSG_NEXT(answer, left)) {
      if (answer->nlmsg_type == NLMSG_DONE) return filters;
      if (answer->nlmsg_type == NLMSG_ERROR) return std::nullopt;
      if (answer->nlmsg_type == RTM_NEWTFILTER) filters.push_back(filter_of(*answer));
    }
  }
}

// True when it cannot be told.
bool has_filters(int ifindex, ClsactSide side) {
  const auto filters = filters_of(ifindex, side);
  return !filters || !filters->empty();
}

// Is the filter in our place ours? By the name that it was attached under: to look at the program itself takes CAP_SYS_ADMIN
// (BPF_PROG_GET_FD_BY_ID).
bool ours(int ifindex, ClsactSide side) {
  const auto filters = filters_of(ifindex, side);
  if (!filters) return false;
  const std::string_view begin = side == ClsactSide::kIngress ? "ingress_tc:[" : "egress_tc:[";
  return std::ranges::any_of(*filters, [&](const Filter& filter) {
    return filter.handle == ClsactFilter::kHandle && filter.priority == ClsactFilter::kPriority && filter.name.starts_with(begin);
  });
}

}  // namespace

bool sweep_clsact(int ifindex, ClsactSide side) {
  const bpf_tc_hook hook = hook_of(ifindex, point_of(side));
  if (!ours(ifindex, side)) return false;
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
