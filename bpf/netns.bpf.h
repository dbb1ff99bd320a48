/* What it owns: whose a socket is, of hooks that see every network namespace of the machine.
 * Who may use it: programs on such hooks; agent/kernel fills in the number before it loads them.
 * Thread: any.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_NETNS_BPF_H
#define TICKWIRE_NETNS_BPF_H

#include "vmlinux_min.h"

#include <bpf/bpf_core_read.h>

#include "common.bpf.h"

/* The network namespace of the agent: the number of /proc/self/ns/net. A section of its own, so that user space can fill it. */
const volatile __u32 own_netns SEC(".rodata.netns") = 0;

INLINE bool in_own_netns(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) == own_netns;
}

#endif
