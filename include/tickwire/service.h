/* What it owns: how a packet finds its service, what is counted for a service, and the series that it has histograms for.
 * Who may use it: bpf/, agent/kernel, agent/ingest.
 * Thread: none, declarations only.
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef TICKWIRE_SERVICE_H
#define TICKWIRE_SERVICE_H

#include "tickwire/histogram.h"
#include "tickwire/types.h"

/* Map services: key = local port (host order, 0 .. 65535), value = service number + 1 for each protocol, 0 = not watched. */
struct tw_port_services {
	__u16 tcp;
	__u16 udp;
};
TW_STATIC_ASSERT(sizeof(struct tw_port_services) == 4, "the first look-up's value");
#define TW_PORT_HAS_RULE 0x8000 /* of either value: the service's messages are read by its rule */

#define TW_SERVICES_MAX 1024

/* In the order in which a request passes them. The first four share their stamps, so they add up to the turnaround; the fifth
 * comes after it. */
enum tw_stage {
	TW_STAGE_NIC_TO_SOCKET = 0, /* arrival -> handed to the socket: this node's kernel */
	TW_STAGE_SOCKET_TO_APP,     /* -> read by the game */
	TW_STAGE_APP,               /* -> the answer is written */
	TW_STAGE_APP_TO_NIC,        /* -> departure: this node's kernel again */
	TW_STAGE_QDISC,             /* departure -> given to the device's driver */
	TW_STAGE_MAX
};
#define TW_STAGES_ADDED 4 /* those that add up, and that a connection has histograms of */

/* What a service histogram is of: quantity and method together. agent/model/protocol.cc has a row for each. */
enum tw_series {
	TW_SERIES_RTT_HANDSHAKE = 0,     /* SYN-ACK out -> its ACK in */
	TW_SERIES_RTT_TIMESTAMP,         /* TCP timestamp out -> its echo in (RFC 7323) */
	TW_SERIES_RTT_SEQUENCE,          /* TCP payload out -> its acknowledgement in, less retransmitted ranges (RFC 6298) */
	TW_SERIES_RTT_RULE,              /* a rule's token out -> its echo in */
	TW_SERIES_RTT_RULE_NETWORK,      /* the same less the delay that the player reports */
	TW_SERIES_RTT_TIMESTAMP_DELAYED, /* by timestamps, but the acknowledgement may have been delayed (RFC 1122 4.2.3.2) */
	TW_SERIES_RTT_SEQUENCE_DELAYED,  /* by sequence numbers, likewise */
	TW_SERIES_TURNAROUND_NEXT,       /* first payload in since the last one out -> next payload out */
	TW_SERIES_TURNAROUND_RULE,       /* a rule's token in -> its echo out */
	TW_SERIES_STAGE_NIC_TO_SOCKET,   /* these five in the order of enum tw_stage */
	TW_SERIES_STAGE_SOCKET_TO_APP,
	TW_SERIES_STAGE_APP,
	TW_SERIES_STAGE_APP_TO_NIC,
	TW_SERIES_STAGE_QDISC,
	TW_SERIES_MAX
};

enum tw_direction { TW_INGRESS = 0, TW_EGRESS = 1, TW_DIRECTIONS };

#define TW_TCP_STATES 16 /* include/net/tcp_states.h: 1 .. 12 are used */

/* Map service_counters (one element for each service, mapped by user space). Counted by atomic adds; grows only. */
struct tw_service_counters {
	__u64 transitions[TW_TCP_STATES];       /* TCP sockets of the service that entered this state */
	__u64 retransmissions;                  /* tp_btf tcp_retransmit_skb */
	__u64 unslotted_packets[TW_DIRECTIONS]; /* packets of connections that found no free slot */
	__u64 unslotted_bytes[TW_DIRECTIONS];   /* their payload */
	__u64 opened;                           /* slots taken for the service */
	__u64 out_of_order;                     /* tw_slot.out_of_order */
	__u64 _pad;
};
TW_STATIC_ASSERT(sizeof(struct tw_service_counters) == 192, "service counters: three cache lines");

/* Index into the map service_cells. shard_mask is a power of two less one. */
TW_INLINE __u32 tw_service_cells_index(__u32 service, __u32 series, __u32 cpu, __u32 shard_mask)
{
	return (service * TW_SERIES_MAX + series) * (shard_mask + 1) + (cpu & shard_mask);
}

/* Map interfaces, per CPU: key = ifindex & (TW_INTERFACES - 1), value = packets that the programs saw, watched or not. */
#define TW_INTERFACES 64
struct tw_interface_counters {
	__u64 packets[TW_DIRECTIONS];
};

#endif
