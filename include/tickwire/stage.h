/* What it owns: the stages of a turnaround, and what is kept of a connection beyond its slot: the request that is followed through
 * the socket, the pace of its packets, and the rtt samples that a delayed acknowledgement may have stretched.
 * Who may use it: bpf/, agent/kernel, agent/ingest.
 * Thread: none, declarations only.
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef TICKWIRE_STAGE_H
#define TICKWIRE_STAGE_H

#include "tickwire/connection.h"
#include "tickwire/service.h"
#include "tickwire/types.h"

/* Jitter, RFC 3550 6.4.1 and A.8: moves by a sixteenth of the difference at each sample. Of packets' spacing: the sender's own
 * spacing, which is not on the wire, is taken as the mean, smoothed in the same way; a gap of TW_PAUSE_NS or more is left out. */
struct tw_pace {
	__u64 last_ns;   /* newest packet with payload; 0 = none */
	__u32 mean_ns;   /* smoothed spacing; 0 = none yet */
	__u32 jitter_ns; /* smoothed difference between a spacing and the mean */
	__u32 spacings;  /* that counted */
	__u32 _pad;
};
#define TW_PAUSE_NS 1000000000ULL
#define TW_JITTER_SHIFT 4 /* a sixteenth */

/* Map stage_slots: same number as the connection's tw_slot, cleared with it; one element where stages are off. Times as there.
 *
 * One request is followed at a time: the one whose turnaround is measured. UDP is followed by its place in the queue: a player's
 * datagram has been read when as many of his have been read as the socket had taken up to it. TCP by the end of its range. */
struct tw_stage_slot {
	/* --- line 0: written on arrival --- */
	__u64 arrived_ns; /* of the request that is followed; taken by atomic exchange; 0 = none */
	__u64 last_in_ns; /* newest packet of any kind */
	struct tw_pace pace_in;
	__u32 tag;           /* of the request that is followed: UDP checksum << 16 | length, TCP end of its range */
	__u32 acknowledged;  /* TCP: newest acknowledgement from the player */
	__u32 rtt_last_ns;   /* newest sample of rtt, at most 2^32 - 1; 0 = none */
	__u32 rtt_jitter_ns; /* smoothed difference of neighbouring samples */
	__u64 _pad0;
	/* --- line 1: written where the socket is --- */
	__u64 delivered_ns; /* the followed request was handed to the socket; 0 = not yet */
	__u64 read_ns;      /* and read by the game */
	__u32 place;        /* UDP: `queued` when it was handed over */
	__u32 queued;       /* UDP: datagrams that the socket took */
	__u32 read;         /* UDP: datagrams that the game read; TCP: reads */
	__u32 refused;      /* UDP: datagrams that the socket had no room for */
	__u32 resyncs;      /* UDP: more reads than datagrams: the game peeks; what was followed is dropped */
	__u32 waiting_max;  /* UDP: most datagrams of the player that waited when another one came */
	__u64 waiting_sum;  /* UDP: datagrams of the player that waited, summed over arrivals: / queued is the mean */
	__u64 _pad1[2];
	/* --- line 2: written on departure --- */
	struct tw_pace pace_out;
	__u64 written_ns;           /* first write after the read (TCP), newest write (UDP); 0 = none */
	__u32 write_sequence;       /* TCP: the sequence number that this write began at */
	__u32 token_end[TW_TOKENS]; /* TCP: end of the newest range that left with the token of tw_slot */
	__u32 read_at_last_out;     /* UDP: `read` at the newest departure */
	__u32 starved;              /* UDP: departures since whose predecessor nothing was read of the player */
	__u32 mss;                  /* TCP: the largest segment, struct tcp_sock.mss_cache, when a sample was last begun */
	/* --- line 3: what departed and waits in the qdisc; what became of the requests --- */
	__u64 departed_ns;  /* of the packet that is followed; taken by atomic exchange; 0 = none */
	__u32 departed_tag; /* TCP sequence number, UDP first bytes of the payload */
	__u32 followed;     /* requests that were followed */
	__u32 completed;    /* of these, those that gave a sample to each stage */
	__u32 delayed_samples;
	__u32 qdisc_samples;
	__u32 _pad3;
	__u64 delayed_sum_ns;
	__u64 qdisc_sum_ns;
	__u64 _pad4[2];
	/* --- line 4: the shortest rtt in each second, by tw_epoch(): even ones and odd ones --- */
	__u64 stage_sum_ns[TW_STAGES_ADDED]; /* of `completed` samples each */
	__u32 rtt_min_epoch[2];
	__u32 rtt_min_ns[2]; /* at most 2^32 - 1 */
	__u64 _pad5[2];
	/* --- histograms: as in tw_slot --- */
	__u64 stage_cells[TW_STAGES_ADDED][TW_CONNECTION_WORDS];
	__u64 delayed_cells[TW_CONNECTION_WORDS]; /* rtt whose acknowledgement may have been delayed (RFC 1122 4.2.3.2) */
};
TW_STATIC_ASSERT(sizeof(struct tw_stage_slot) == 1280, "twenty cache lines");
TW_STATIC_ASSERT(offsetof(struct tw_stage_slot, delivered_ns) == 64, "line 1");
TW_STATIC_ASSERT(offsetof(struct tw_stage_slot, pace_out) == 128, "line 2");
TW_STATIC_ASSERT(offsetof(struct tw_stage_slot, departed_ns) == 192, "line 3");
TW_STATIC_ASSERT(offsetof(struct tw_stage_slot, stage_sum_ns) == 256, "line 4");
TW_STATIC_ASSERT(offsetof(struct tw_stage_slot, stage_cells) == 320, "line 5");

/* The second (of 2^30 ns) that a time lies in; 0 is never given, so a cleared slot has none. */
#define TW_EPOCH_SHIFT 30
TW_INLINE __u32 tw_epoch(__u64 now_ns)
{
	return (__u32)(now_ns >> TW_EPOCH_SHIFT) + 1;
}

/* Map deliveries, per CPU: the newest datagram that was handed to a socket on this CPU. A refusal follows at once on the same one. */
struct tw_delivery {
	__u32 number; /* of the slot */
	__u32 valid;
};

/* Map socket_addresses: socket cookie -> the local addresses that its datagrams came to: a read or a write on a socket that is bound
 * to any address tells the player's address only, and the connection is found by both. */
#define TW_SOCKET_ADDRESSES 4
struct tw_socket_addresses {
	__be32 address[TW_SOCKET_ADDRESSES][4];
	__u32 count;
	__u32 _pad;
};
#define TW_SOCKETS 4096 /* least recently used ones make room */

#endif
