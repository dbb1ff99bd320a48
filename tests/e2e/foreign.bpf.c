/* Programs of somebody else, which the agent must leave alone: they let everything pass.
 * SPDX-License-Identifier: GPL-2.0-only */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int foreign_filter(struct __sk_buff* skb) { return -1; /* TC_ACT_UNSPEC: the next filter decides */ }

SEC("xdp")
int foreign_xdp(struct xdp_md* packet) { return XDP_PASS; }

char _license[] SEC("license") = "GPL";
