/* What it owns: where the player's TCP stream stands: which segment the game can read as soon as it is handed to the socket, and which lies
 * behind a hole, where TCP keeps it until what is missing has been sent again. That wait is the player's line.
 * Who may use it: bpf/packets.bpf.c.
 * Thread: programs on any CPU, without locks: a race with an acknowledgement costs the start of one request, and never invents one.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_STREAM_BPF_H
#define TICKWIRE_STREAM_BPF_H

#include "echo.bpf.h"
#include "parse.bpf.h"
#include "stage_sample.bpf.h"

/* in_end moves on by so many bytes: what is left of in_ahead. */
INLINE __u32 left_ahead(__u32 ahead, __u32 moved)
{
	return ahead > moved ? ahead - moved : 0;
}

INLINE void count_out_of_order(struct passage *at, __u32 segments)
{
	__u32 service = at->service;
	struct tw_service_counters *counters = bpf_map_lookup_elem(&service_counters, &service);

	__sync_fetch_and_add(&at->slot->out_of_order, segments);
	if (counters)
		__sync_fetch_and_add(&counters->out_of_order, segments);
}

/* A hole is filled while requests wait for their answer: they may have been waiting for this very segment. */
INLINE void give_up_requests(struct passage *at)
{
	__u32 number = at->number;
	struct tw_echo_slot *echo = bpf_map_lookup_elem(&echo_slots, &number);

	empty_place(&at->slot->request_ns, TW_LOSS_HOLE);
#pragma unroll
	for (int i = 0; echo && i < TW_TOKENS; i++)
		empty_place(&echo->arrived_ns[i], TW_LOSS_HOLE);
	if (at->stage)
		__sync_lock_test_and_set(&at->stage->arrived_ns, 0);
}

/* Payload that is not just the next of a whole stream. */
static __noinline bool segment_in(struct passage *at, const struct packet *p, bool has_rule)
{
	struct tw_slot *slot = at->slot;
	__u32 end = p->sequence + p->payload;
	__u32 known = slot->in_ahead & TW_STREAM_KNOWN;
	__u32 ahead = slot->in_ahead & ~TW_STREAM_KNOWN;
	__u32 moved = end - slot->in_end;

	if (!known || p->tcp_flags & (TCP_SYN | TCP_RST)) {
		if (!has_rule && !slot->request_ns) /* by a rule each token counts */
			count_loss(TW_LOSS_HOLE);
		return false;
	}
	if (seq_at_or_before(end, slot->in_end)) /* it has come before */
		return false;
	if (!seq_at_or_before(p->sequence, slot->in_end)) {
		count_out_of_order(at, p->segments);
		if (moved > ahead && moved <= TW_STREAM_AHEAD_MAX)
			slot->in_ahead = TW_STREAM_KNOWN | moved;
		return false;
	}
	slot->in_end = end;
	if (!ahead) /* its first part has come before */
		return true;
	ahead = left_ahead(ahead, moved);
	slot->in_ahead = ahead ? ahead : TW_STREAM_KNOWN;
	give_up_requests(at);
	return true;
}

/* TCP payload arrives. True: the game can read it once it is handed to the socket, so a request may begin with it. */
INLINE bool continues_stream(struct passage *at, const struct packet *p, bool has_rule)
{
	struct tw_slot *slot = at->slot;

	if (p->sequence != slot->in_end || slot->in_ahead != TW_STREAM_KNOWN)
		return segment_in(at, p, has_rule);
	slot->in_end = p->sequence + p->payload;
	return true;
}

static __noinline int note_acknowledged(struct tw_slot *slot, __u32 acknowledged)
{
	__u32 known = slot->in_ahead & TW_STREAM_KNOWN;
	__u32 ahead = slot->in_ahead & ~TW_STREAM_KNOWN;

	/* Sent before the kernel had seen the segment that filled the hole. */
	if (!known && ahead && !seq_at_or_before(slot->in_end, acknowledged))
		return 0;
	slot->in_ahead = TW_STREAM_KNOWN | left_ahead(ahead, acknowledged - slot->in_end);
	slot->in_end = acknowledged;
	return 0;
}

/* Whatever leaves acknowledges what the kernel has whole (RFC 9293 3.4). It may lag behind what has come; it is ahead of it when a hole
 * has been filled, and where a segment went another way. */
INLINE void acknowledged_out(struct tw_slot *slot, const struct packet *p)
{
	if (slot->in_ahead & TW_STREAM_KNOWN && seq_at_or_before(p->acknowledged, slot->in_end))
		return;
	if (p->tcp_flags & TCP_ACK)
		note_acknowledged(slot, p->acknowledged);
}

#endif
