/* What it owns: the connection's key and its slot: everything that the kernel keeps of one connection.
 * Who may use it: bpf/ writes slots, agent/kernel maps them, agent/ingest reads them; nothing above ingest.
 * Thread: BPF programs on any CPU; one reader in user space, without locks.
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef TICKWIRE_CONNECTION_H
#define TICKWIRE_CONNECTION_H

#include "tickwire/histogram.h"
#include "tickwire/types.h"

/* Map connections: key -> number of the slot. IPv4 addresses are kept as ::ffff:a.b.c.d (RFC 4291 2.5.5.2), so there is one
 * family only, and sockets of either family have the key that their packets have. */
struct tw_connection_key {
	__be32 remote_address[4];
	__be32 local_address[4];
	__be16 remote_port;
	__be16 local_port;
	__u8 protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	__u8 _pad[3];
};
TW_STATIC_ASSERT(sizeof(struct tw_connection_key) == 40, "hashed as ten 32-bit words");

enum tw_rtt_method { TW_RTT_NONE = 0, TW_RTT_TIMESTAMP, TW_RTT_SEQUENCE, TW_RTT_RULE };

enum tw_close_reason {
	TW_CLOSE_NONE = 0,
	TW_CLOSE_LOCAL_FIN,  /* the game closed first */
	TW_CLOSE_REMOTE_FIN, /* the player closed first */
	TW_CLOSE_LOCAL_RST,  /* the game, or this kernel, reset it */
	TW_CLOSE_REMOTE_RST, /* the player's side reset it */
	TW_CLOSE_TIMEOUT,    /* retransmissions or keep-alives went unanswered */
};

/* tw_slot.flags */
#define TW_SLOT_SEEDED 1U /* older than the agent: found in the kernel's socket table, or first seen in mid-stream */
#define TW_SLOT_FIN_IN 2U
#define TW_SLOT_FIN_OUT 4U
#define TW_SLOT_RST_IN 8U
#define TW_SLOT_RST_OUT 16U
#define TW_SLOT_SYNACK_TWICE 32U /* SYN-ACK sent more than once: its ACK gives no handshake time (Karn) */
#define TW_SLOT_STATE_HOOK 64U   /* tcp_state comes from the kernel, not from flags seen in packets */

/* Pending rtt samples of one connection. A token is stored in a free place only: at 60 packets a second and 80 ms of rtt five
 * are on their way, and a ring that overwrites the oldest would never see an echo. A place becomes free when the echo comes,
 * when a newer token's echo comes first (TW_LOSS_UNMATCHED), or when its range is sent again (TW_LOSS_AMBIGUOUS). */
#define TW_TOKENS 4

/* tw_slot.packets_bytes_*: one word, so that one atomic add counts a packet: payload bytes << 24 | packets. The difference
 * of two readings is exact while fewer than 2^24 packets and 2^40 bytes lie between them. */
#define TW_PACKETS_BITS 24
#define TW_PACKETS_MASK ((1ULL << TW_PACKETS_BITS) - 1)

/* tw_slot.in_ahead: in_end is known, by the kernel's own acknowledgements and what has continued the stream since. A segment that fills
 * a hole takes it away until the kernel has acknowledged: whether it joins what had come before, or ends at the next hole, is not known. */
#define TW_STREAM_KNOWN (1U << 31)
#define TW_STREAM_AHEAD_MAX (1U << 30) /* the largest window, RFC 7323 2.3: what is further ahead is none of the stream */

/* Map connection_slots. All times are CLOCK_MONOTONIC (bpf_ktime_get_ns), 0 = never. Written by the kernel alone while
 * opened_ns is not 0, cleared by user space alone while it is 0. Every field only grows or is set once, but for tcp_state and
 * srtt_us, so a reader that races a writer is one packet behind and never wrong. */
struct tw_slot {
	/* --- line 0: who it is; read by all, written when the slot is taken and at changes of state --- */
	struct tw_connection_key key;
	__u64 opened_ns;       /* the slot was taken; written last, so what stands above is whole when it is not 0 */
	__u32 generation;      /* how often user space has given this slot back */
	__u32 flags;           /* TW_SLOT_*, by atomic or */
	__u16 service;         /* service number */
	__u8 tcp_state;        /* include/net/tcp_states.h, 0 for UDP */
	__u8 close_reason;     /* enum tw_close_reason */
	__u8 rtt_method;       /* enum tw_rtt_method of the tokens */
	__u8 awaits_handshake; /* a SYN-ACK left, its ACK has not come */
	__u8 _pad0[2];

	/* --- line 1: rare things of TCP --- */
	__u64 established_ns;
	__u64 closed_ns;
	__u64 synack_ns;       /* SYN-ACK left */
	__u64 handshake_ns;    /* duration: SYN-ACK out -> ACK in; 0 = not measured */
	__u32 retransmissions; /* segments sent again (tp_btf tcp_retransmit_skb) */
	__u32 srtt_us;         /* the kernel's smoothed rtt, struct tcp_sock.srtt_us >> 3, when a sample was last begun */
	__u64 _pad1[3];

	/* --- line 2: written by ingress, and by egress when it completes a turnaround --- */
	__u64 packets_bytes_in;
	__u64 request_ns; /* first payload in that is not answered yet; taken by atomic exchange; 0 = none */
	__u64 rtt_sum_ns;
	__u64 rtt_min_ns; /* shortest sample of rtt; 0 = none */
	__u64 turnaround_sum_ns;
	__u32 rtt_samples;
	__u32 turnaround_samples;
	__u32 in_end;       /* TCP: the player's stream has come whole up to here; host order */
	__u32 in_ahead;     /* TCP: TW_STREAM_KNOWN | bytes from in_end to the end of what came behind a hole; 0 = none did */
	__u32 out_of_order; /* TCP: segments of the player that came behind a hole */
	__u32 _pad2;

	/* --- line 3: written by egress; ingress takes sent_ns by atomic exchange --- */
	__u64 packets_bytes_out;
	__u64 sent_ns[TW_TOKENS]; /* when the token left; 0 = free, or taken */
	__u32 token[TW_TOKENS];   /* TSval, or end of the sequence range; host order */
	__u32 highest_seq;        /* end of what was ever sent; host order */
	union {
		__u32 last_tsval; /* by timestamps: newest TSval that was sent; host order */
		__u32 unstored;   /* by sequence: end of the newest range that found no place in token; host order */
	};

	/* --- histograms: 16-bit cells, four to a word --- */
	__u64 rtt_cells[TW_CONNECTION_WORDS];
	__u64 turnaround_cells[TW_CONNECTION_WORDS];
};
TW_STATIC_ASSERT(sizeof(struct tw_slot) == 640, "ten cache lines");
TW_STATIC_ASSERT(offsetof(struct tw_slot, established_ns) == 64, "line 1");
TW_STATIC_ASSERT(offsetof(struct tw_slot, packets_bytes_in) == 128, "line 2");
TW_STATIC_ASSERT(offsetof(struct tw_slot, packets_bytes_out) == 192, "line 3");
TW_STATIC_ASSERT(offsetof(struct tw_slot, rtt_cells) == 256, "line 4");

#endif
