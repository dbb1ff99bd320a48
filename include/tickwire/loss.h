/* What it owns: the reasons for which a packet or a sample was not recorded. Every one is counted, per CPU, and exported.
 * Who may use it: bpf/ counts, agent/ingest reads, agent/model names them (a row there for each).
 * Thread: none, declarations only.
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef TICKWIRE_LOSS_H
#define TICKWIRE_LOSS_H

#include "tickwire/types.h"

enum tw_loss {
	/* Packets that pass by without being looked at, by nature: no loss of ours. */
	TW_SKIP_NOT_IP = 0,  /* ARP, LLDP and the like */
	TW_SKIP_NOT_TCP_UDP, /* ICMP, ESP, GRE and the like */
	/* Packets that could have been a watched connection's. */
	TW_LOSS_TRUNCATED,       /* ends before its headers do, or lengths contradict each other */
	TW_LOSS_FRAGMENT,        /* IPv4 fragment (RFC 791) or IPv6 fragment header (RFC 8200 4.5) */
	TW_LOSS_VLAN_DEPTH,      /* more than two VLAN tags */
	TW_LOSS_IPV6_EXTENSIONS, /* more than TW_IPV6_EXTENSIONS extension headers */
	/* Connections. */
	TW_LOSS_TABLE_FULL,  /* no free slot: the packet counts for its service only */
	TW_LOSS_TABLE_ERROR, /* the hash refused the key for another reason */
	/* Samples. */
	TW_LOSS_AMBIGUOUS, /* pending rtt sample of a range that was sent twice (Karn's rule, RFC 6298 3) */
	TW_LOSS_UNMATCHED, /* pending token that a newer one passed over: its echo came first, or it took the place */
	TW_LOSS_STALE,     /* echo or answer later than TW_SAMPLE_MAX_NS: not latency any more */
	TW_LOSS_NEGATIVE,  /* the clock said that the answer came before the question */
	TW_LOSS_SEGMENT,   /* message of a super-packet behind the first ones: not looked into */
	TW_LOSS_HOLE,      /* request behind a TCP segment that had not come: when the game could read it is not known */
	/* Requests that were followed through the socket and gave no stages. */
	TW_LOSS_STAGE_UNSEEN, /* a hook did not see it: dropped on the way to the socket, or read or written in a way that none tells of */
	TW_LOSS_STAGE_PEEKED,   /* the game looked at datagrams before it read them: which one it read is not known */
	TW_LOSS_SOCKET_ADDRESS, /* datagram to a socket that is used by more than TW_SOCKET_ADDRESSES local addresses */
	/* Events. */
	TW_LOSS_EVENT, /* the ring buffer was full */
	/* Ticks; counted by user space. */
	TW_LOSS_BURST, /* burst of packets out that was written over before it was read */
	TW_LOSS_MAX
};

#define TW_IPV6_EXTENSIONS 6
/* 2^34 ns: the end of the histograms. */
#define TW_SAMPLE_MAX_NS (1ULL << 34)

/* The one value of the per-CPU map losses. */
struct tw_losses {
	__u64 count[TW_LOSS_MAX];
};

#endif
