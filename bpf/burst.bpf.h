/* What it owns: the ring of a service's bursts: which packet out begins one, and what a packet adds to it.
 * Who may use it: bpf/packets.bpf.c, once for each packet out with payload.
 * Thread: programs on any CPU, without locks; what a race costs is said in tickwire/burst.h.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_BURST_BPF_H
#define TICKWIRE_BURST_BPF_H

#include "common.bpf.h"
#include "tickwire/burst.h"

INLINE __u32 burst_player(const struct tw_connection_key *key)
{
	return key->remote_address[3] ^ (__u32)key->remote_port << 16;
}

/* answered_ns: turnaround that the packet completed; 0 = none. */
INLINE void burst_out(const struct tw_connection_key *key, __u32 service, __u64 now_ns, __u64 answered_ns)
{
	struct tw_burst_ring *ring = bpf_map_lookup_elem(&bursts, &service);
	bool prompt = answered_ns && answered_ns < TW_BURST_PROMPT_NS;
	__u32 player = burst_player(key);
	struct tw_burst *burst;
	__s64 span_ns;
	__u64 last_ns;

	if (!ring)
		return;
	last_ns = ring->last_ns;
	ring->last_ns = now_ns;
	/* Signed: another CPU may have read its clock later and come here first. */
	if ((__s64)(now_ns - last_ns) > (__s64)TW_BURST_GAP_NS) {
		burst = &ring->bursts[__sync_fetch_and_add(&ring->head, 1) & (TW_BURSTS - 1)];
		burst->start_ns = now_ns;
		burst->span_ns = 0;
		burst->players = 1;
		burst->prompt = prompt;
		ring->last_player = player;
		return;
	}
	burst = &ring->bursts[(ring->head - 1) & (TW_BURSTS - 1)];
	span_ns = now_ns - burst->start_ns;
	if (span_ns > (__s64)burst->span_ns)
		burst->span_ns = span_ns < 0xffffffffLL ? span_ns : 0xffffffffU;
	if (ring->last_player != player) {
		ring->last_player = player;
		if (burst->players != 0xffff)
			burst->players++;
	}
	if (prompt && burst->prompt != 0xffff)
		burst->prompt++;
}

#endif
