/* What it owns: programs that do nothing, one of each kind that the agent attaches: what the kernel's statistics say of them is the
 * meter's own cost.
 * Who may use it: tests/bench/meter.cc attaches them beside the agent's.
 * Thread: softirq or any thread, on any CPU. All pass.
 * SPDX-License-Identifier: GPL-2.0-only */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int meter_xdp(struct xdp_md* xdp) { return XDP_PASS; }

SEC("tc")
int meter_tc(struct __sk_buff* skb) { return TC_ACT_UNSPEC; }

SEC("cgroup_skb/ingress")
int meter_skb(struct __sk_buff* skb) { return 1; }

SEC("cgroup/recvmsg4")
int meter_address(struct bpf_sock_addr* context) { return 1; }

/* Once for each packet that any device is given. */
SEC("tp_btf/net_dev_start_xmit")
int meter_trace(__u64* context) { return 0; }

char _license[] SEC("license") = "GPL";
