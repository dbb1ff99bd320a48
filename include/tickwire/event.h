/* What it owns: the rare things that the kernel tells one by one, through the ring buffer `events`.
 * Who may use it: bpf/ writes, agent/kernel and agent/ingest read.
 * Thread: none, declarations only.
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef TICKWIRE_EVENT_H
#define TICKWIRE_EVENT_H

#include "tickwire/connection.h"
#include "tickwire/types.h"

/* That a connection was opened or has ended is told by its slot, exactly, and is not lost when the ring is full: no event here. */
enum tw_event_kind {
	TW_EVENT_STATE = 1, /* TCP: from `before` to `after`, include/net/tcp_states.h */
	TW_EVENT_OVER,      /* a sample above its service's threshold */
};

/* One record. Submitted without a wake-up (that costs 15 to 20 us), so the reader polls. A full ring counts TW_LOSS_EVENT. */
struct tw_event {
	__u64 at_ns; /* CLOCK_MONOTONIC */
	struct tw_connection_key key;
	__u64 value_ns;   /* TW_EVENT_OVER: the sample */
	__u64 over_ns;    /* TW_EVENT_OVER: the threshold */
	__u64 suppressed; /* TW_EVENT_OVER: tw_thresholds.suppressed at this moment */
	__u32 slot;       /* number of the slot, and its generation */
	__u32 generation;
	__u16 service; /* service number */
	__u8 kind;     /* enum tw_event_kind */
	__u8 before;   /* TW_EVENT_STATE */
	__u8 after;
	__u8 series; /* TW_EVENT_OVER: enum tw_series */
	__u8 _pad[2];
};
TW_STATIC_ASSERT(sizeof(struct tw_event) == 88, "event");

#define TW_EVENTS_BYTES (512 * 1024) /* 5,461 records with their headers of 8 bytes */

/* Map thresholds: key = service number; written by user space, the last two by the programs. A sample above over_ns of its series'
 * quantity is an event, at most TW_EVENTS_A_SECOND of a service in each second (tw_epoch()); more are counted as suppressed. */
#define TW_EVENTS_A_SECOND 10
struct tw_thresholds {
	__u64 rtt_over_ns;        /* 0 = none */
	__u64 turnaround_over_ns; /* 0 = none */
	__u64 suppressed;         /* only grows */
	__u32 epoch;
	__u32 in_epoch;
};
TW_STATIC_ASSERT(sizeof(struct tw_thresholds) == 32, "thresholds");

#endif
