/* What it owns: the tokens that every TCP has: timestamps (RFC 7323) and sequence numbers (RFC 9293, with Karn's rule, RFC 6298 3).
 * Who may use it: bpf/packets.bpf.c.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_PROTOCOL_TCP_BPF_H
#define TICKWIRE_PROTOCOL_TCP_BPF_H

#include "echo.bpf.h"
#include "pace.bpf.h"
#include "parse.bpf.h"
#include "stage_sample.bpf.h"

/* Two full segments are acknowledged at once (RFC 1122 4.2.3.2, RFC 5681 4.2). */
#define MSS_UNKNOWN 1460
#define DELAY_SHIFT 4 /* a wait of a sixteenth of the rtt is none */

/* Whether the acknowledgement covers data behind the token's own, so that it may have waited for that. */
INLINE bool covers_newer(const struct tw_slot *slot, const struct tw_stage_slot *stage, const struct packet *p)
{
#pragma unroll
	for (int i = 0; i < TW_TOKENS; i++) {
		if (!slot->sent_ns[i])
			continue;
		if (slot->rtt_method == TW_RTT_SEQUENCE && slot->token[i] == p->acknowledged)
			return false;
		if (slot->rtt_method == TW_RTT_TIMESTAMP && slot->token[i] == p->tsecr)
			return !seq_at_or_before(p->acknowledged, stage->token_end[i]);
	}
	return true;
}

/* Whether the acknowledgement was sent without delay, by what it covers: two full segments or more, the token's being the last. */
INLINE bool acknowledges_two(const struct tw_slot *slot, struct tw_stage_slot *stage, const struct packet *p)
{
	__u32 before = stage->acknowledged;
	__u32 covered = p->acknowledged - before;

	if (before && (__s32)covered <= 0)
		return false;
	stage->acknowledged = p->acknowledged;
	return before && covered >= 2 * (stage->mss ? stage->mss : MSS_UNKNOWN) && !covers_newer(slot, stage, p);
}

/* Whether an acknowledgement by sequence reaches behind a range that found no place, and takes only what left before that: then it is
 * later than its token's own would have been. */
INLINE bool covers_unstored(const struct tw_slot *slot, __u32 acknowledged)
{
	if (!seq_at_or_before(slot->unstored, acknowledged))
		return false;
#pragma unroll
	for (int i = 0; i < TW_TOKENS; i++) {
		if (slot->sent_ns[i] && seq_at_or_before(slot->token[i], acknowledged) &&
		    !seq_at_or_before(slot->token[i], slot->unstored))
			return false;
	}
	return true;
}

/* By sequence: the time of the newest range that is acknowledged; 0: none is pending, or its acknowledgement is not the range's own. */
INLINE __u64 take_sequence(struct tw_slot *slot, __u32 acknowledged)
{
	bool late = covers_unstored(slot, acknowledged);
	__u64 sent_ns = take_covered(slot->sent_ns, slot->token, acknowledged, 32);

	if (!late || !sent_ns)
		return sent_ns;
	count_loss(TW_LOSS_UNMATCHED);
	return 0;
}

/* An acknowledgement comes in. How long it can have waited for the player's timer or his next data (RFC 1122 4.2.3.2: up to half a
 * second): not at all when it covers two segments, else at most since the packet before, which did not carry it. */
INLINE void tcp_echo_in(struct passage *at, const struct packet *p)
{
	struct tw_stage_slot *stage = at->stage;
	struct tw_slot *slot = at->slot;
	bool by_timestamp = slot->rtt_method == TW_RTT_TIMESTAMP;
	bool prompt = stage && acknowledges_two(slot, stage, p);
	__u64 sent_ns = 0, rtt_ns;

	if (by_timestamp && p->has_timestamps)
		sent_ns = take_token(slot->sent_ns, slot->token, p->tsecr, 32);
	else if (slot->rtt_method == TW_RTT_SEQUENCE && !p->has_timestamps)
		sent_ns = take_sequence(slot, p->acknowledged);
	if (!sent_ns)
		return;
	rtt_ns = now_of(at) - sent_ns;
	if (stage) {
		prompt = prompt || (at->now_ns - stage->last_in_ns) << DELAY_SHIFT <= rtt_ns;
		keep_rtt(stage, rtt_ns, at->now_ns, prompt);
	}
	if (stage && !prompt)
		sample_delayed_rtt(at, by_timestamp ? TW_SERIES_RTT_TIMESTAMP_DELAYED : TW_SERIES_RTT_SEQUENCE_DELAYED, sent_ns);
	else
		sample_rtt(slot, at->service, by_timestamp ? TW_SERIES_RTT_TIMESTAMP : TW_SERIES_RTT_SEQUENCE, sent_ns,
			   at->now_ns);
}

/* The range from `sequence` on is sent again: what is pending in it has two times now. */
static __noinline int tcp_drop_ambiguous(struct tw_slot *slot, __u32 sequence)
{
#pragma unroll
	for (int i = 0; i < TW_TOKENS; i++) {
		if (slot->sent_ns[i] && !seq_at_or_before(slot->token[i], sequence) &&
		    __sync_lock_test_and_set(&slot->sent_ns[i], 0))
			count_loss(TW_LOSS_AMBIGUOUS);
	}
	return 0;
}

/* Where a segment that has not been sent before may store its token, or TW_TOKENS. */
INLINE __u32 tcp_token_place(struct tw_slot *slot, const struct packet *p)
{
	__u32 place;

	if (slot->rtt_method == TW_RTT_SEQUENCE) {
		place = free_token(slot->sent_ns);
		if (place == TW_TOKENS)
			slot->unstored = p->sequence + p->payload;
		return place;
	}
	/* A timestamp is many segments': the first one's time counts. */
	if (!p->has_timestamps || slot->rtt_method != TW_RTT_TIMESTAMP || seq_at_or_before(p->tsval, slot->last_tsval))
		return TW_TOKENS;
	slot->last_tsval = p->tsval;
	return free_token(slot->sent_ns);
}

/* More data leaves with a token that is pending: its end moves. */
INLINE void extend_token(const struct tw_slot *slot, struct tw_stage_slot *stage, const struct packet *p)
{
#pragma unroll
	for (int i = 0; i < TW_TOKENS; i++) {
		if (slot->sent_ns[i] && slot->token[i] == p->tsval)
			stage->token_end[i] = p->sequence + p->payload;
	}
}

INLINE __u32 tcp_token(const struct tw_slot *slot, const struct packet *p)
{
	return slot->rtt_method == TW_RTT_SEQUENCE ? p->sequence + p->payload : p->tsval;
}

#endif
