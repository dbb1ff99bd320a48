/* What it owns: bursts of packets out of a service: what the passes of the game's loop are recognised by.
 * Who may use it: bpf/burst.bpf.h writes rings, agent/kernel maps them, agent/ingest reads them.
 * Thread: BPF programs on any CPU; one reader in user space, without locks.
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef TICKWIRE_BURST_H
#define TICKWIRE_BURST_H

#include "tickwire/types.h"

/* A packet that leaves later than this after the one before begins a burst. Between two sends of one tick lies a system call and
 * what the game computes for a player, 5 to 300 us; between two ticks of the fastest loops, at 128 Hz, 7.8 ms less what the sends
 * take. Senders without any rhythm begin at most 1 / (e * gap) = 368 bursts a second, at 1,000 packets a second (gaps of a Poisson
 * process): fewer than the ring holds. Ticks that pause for longer within are put together in user space. */
#define TW_BURST_GAP_NS 1000000ULL
/* An answer that leaves sooner than this after its request was not kept for a tick. */
#define TW_BURST_PROMPT_NS 1000000ULL

/* 1.4 seconds of the worst traffic above, 4 of a loop at 128 Hz, 17 of one at 30 Hz. A power of two. */
#define TW_BURSTS 512

/* Times are CLOCK_MONOTONIC (bpf_ktime_get_ns). */
struct tw_burst {
	__u64 start_ns; /* its first packet left */
	__u32 span_ns;  /* from there to its last packet; at most 2^32 - 1 */
	__u16
	    players; /* packets whose player was not the packet's before: the players, if it went from one to the next; at most 2^16 - 1 */
	__u16 prompt; /* answers of less than TW_BURST_PROMPT_NS; at most 2^16 - 1 */
};
TW_STATIC_ASSERT(sizeof(struct tw_burst) == 16, "four to a cache line");

/* Map bursts: key = service number. Burst n is at n modulo TW_BURSTS, and is whole once n + 1 has begun, or nothing has left for
 * TW_BURST_GAP_NS. Written without locks by every CPU that sends for the service. When two do so within nanoseconds, one of two
 * packets may go uncounted, and one burst may be begun twice, close together: the reader joins bursts that are less than the gap
 * apart. */
struct tw_burst_ring {
	__u64 last_ns;     /* newest packet out; 0 = none */
	__u64 head;        /* bursts begun; only grows */
	__u32 last_player; /* of the newest packet: a mix of address and port, to tell it from the next one's */
	__u32 _pad0;
	__u64 _pad1[5];
	struct tw_burst bursts[TW_BURSTS];
};
TW_STATIC_ASSERT(sizeof(struct tw_burst_ring) == 64 + 16 * TW_BURSTS, "a line, and the ring");

#endif
