/* What it owns: the smallest helpers: counting a loss, finding a service, comparing sequence numbers.
 * Who may use it: bpf/. First rung of the ladder common -> packet -> parse, common -> find -> table -> account -> echo.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_COMMON_BPF_H
#define TICKWIRE_COMMON_BPF_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "maps.bpf.h"

#define INLINE static __always_inline

/* include/net/tcp_states.h */
enum { TCP_ESTABLISHED = 1, TCP_SYN_RECV = 3, TCP_FIN_WAIT1 = 4, TCP_CLOSE = 7, TCP_CLOSE_WAIT = 8, TCP_LISTEN = 10 };
/* Byte 13 of the TCP header, RFC 9293 3.1. */
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };

/* By a CPU's own memory: no atomic needed, programs of one CPU do not interrupt each other on the packet path. */
INLINE void count_losses(__u32 reason, __u32 count)
{
	__u32 zero = 0;
	struct tw_losses *all = bpf_map_lookup_elem(&losses, &zero);

	if (all && reason < TW_LOSS_MAX)
		all->count[reason] += count;
}

INLINE void count_loss(__u32 reason)
{
	count_losses(reason, 1);
}

/* Service number + 1 of a local port (host order), and TW_PORT_HAS_RULE; 0 = not watched. */
INLINE __u32 service_of(__u32 port, __u8 protocol)
{
	struct tw_port_services *found = bpf_map_lookup_elem(&services, &port);

	if (!found)
		return 0;
	return protocol == IPPROTO_TCP ? found->tcp : found->udp;
}

INLINE __u32 service_number(__u32 found)
{
	return (found & ~TW_PORT_HAS_RULE) - 1;
}

/* a comes at or before b, modulo 2^32 (RFC 9293 3.4, RFC 7323 5.3). */
INLINE bool seq_at_or_before(__u32 a, __u32 b)
{
	return (__s32)(b - a) >= 0;
}

#endif
