/* What it owns: the records of the ring buffer `events`: changes of state, and samples above a threshold.
 * Who may use it: bpf/.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_EVENT_BPF_H
#define TICKWIRE_EVENT_BPF_H

#include "common.bpf.h"
#include "tickwire/event.h"

/* Room for an event of the connection, filled but for what its kind adds; submit it. NULL: the ring is full, counted. */
INLINE struct tw_event *begin_event(const struct tw_slot *slot, __u32 number, __u8 kind, __u64 now_ns)
{
	struct tw_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		count_loss(TW_LOSS_EVENT);
		return NULL;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->at_ns = now_ns;
	event->key = slot->key;
	event->slot = number;
	event->generation = slot->generation;
	event->service = slot->service;
	event->kind = kind;
	return event;
}

/* Without a wake-up: user space looks by itself. */
INLINE void submit_event(struct tw_event *event)
{
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

INLINE void tell_state(const struct tw_slot *slot, __u32 number, __u32 from, __u32 to, __u64 now_ns)
{
	struct tw_event *event = begin_event(slot, number, TW_EVENT_STATE, now_ns);

	if (!event)
		return;
	event->before = from;
	event->after = to;
	submit_event(event);
}

/* Whether the service may tell of one more sample in this second; counted if not. CPUs that begin a second at the same moment may
 * let a few more pass. */
INLINE bool may_tell(struct tw_thresholds *limits, __u64 now_ns)
{
	__u32 epoch = tw_epoch(now_ns);

	if (limits->epoch != epoch && __sync_lock_test_and_set(&limits->epoch, epoch) != epoch)
		limits->in_epoch = 0;
	if (__sync_fetch_and_add(&limits->in_epoch, 1) < TW_EVENTS_A_SECOND)
		return true;
	__sync_fetch_and_add(&limits->suppressed, 1);
	return false;
}

/* A sample above the lowest threshold of all services: is it above its own? */
static __noinline int tell_over(const struct tw_slot *slot, __u32 service, __u32 series, __u64 elapsed_ns, __u64 now_ns)
{
	struct tw_thresholds *limits = bpf_map_lookup_elem(&thresholds, &service);
	struct tw_event *event;
	__u64 over_ns;
	__u32 *number;

	if (!limits)
		return 0;
	over_ns = series < TW_SERIES_TURNAROUND_NEXT ? limits->rtt_over_ns : limits->turnaround_over_ns;
	if (!over_ns || elapsed_ns <= over_ns || !may_tell(limits, now_ns))
		return 0;
	/* Not handed down by those who measure: they would carry the number for each packet. */
	number = bpf_map_lookup_elem(&connections, &slot->key);
	if (!number)
		return 0;
	event = begin_event(slot, *number, TW_EVENT_OVER, now_ns);
	if (!event)
		return 0;
	event->value_ns = elapsed_ns;
	event->over_ns = over_ns;
	event->suppressed = limits->suppressed;
	event->series = series;
	submit_event(event);
	return 0;
}

/* A sample was counted. Without any threshold the verifier takes the branch out. */
INLINE void check_threshold(const struct tw_slot *slot, __u32 service, __u32 series, __u64 elapsed_ns, __u64 now_ns)
{
	__u64 least_ns = settings.over_least_ns;

	if (least_ns && elapsed_ns > least_ns)
		tell_over(slot, service, series, elapsed_ns, now_ns);
}

#endif
