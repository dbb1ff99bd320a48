/* What it owns: the tokens that every TCP has: timestamps (RFC 7323) and sequence numbers (RFC 9293, with Karn's rule, RFC 6298 3).
 * Who may use it: bpf/packets.bpf.c.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_PROTOCOL_TCP_BPF_H
#define TICKWIRE_PROTOCOL_TCP_BPF_H

#include "echo.bpf.h"
#include "parse.bpf.h"

INLINE void tcp_echo_in(struct tw_slot *slot, const struct packet *p, __u32 service)
{
	__u64 sent_ns = 0;

	if (slot->rtt_method == TW_RTT_TIMESTAMP && p->has_timestamps)
		sent_ns = take_token(slot->sent_ns, slot->token, p->tsecr, 32);
	else if (slot->rtt_method == TW_RTT_SEQUENCE && !p->has_timestamps)
		sent_ns = take_covered(slot->sent_ns, slot->token, p->acknowledged, 32);
	if (sent_ns)
		sample_rtt(slot, service, slot->rtt_method == TW_RTT_TIMESTAMP ? TW_SERIES_RTT_TIMESTAMP : TW_SERIES_RTT_SEQUENCE,
			   sent_ns, bpf_ktime_get_ns());
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
	if (slot->rtt_method == TW_RTT_SEQUENCE)
		return free_token(slot->sent_ns);
	/* A timestamp is many segments': the first one's time counts. */
	if (!p->has_timestamps || slot->rtt_method != TW_RTT_TIMESTAMP || seq_at_or_before(p->tsval, slot->last_tsval))
		return TW_TOKENS;
	slot->last_tsval = p->tsval;
	return free_token(slot->sent_ns);
}

INLINE __u32 tcp_token(const struct tw_slot *slot, const struct packet *p)
{
	return slot->rtt_method == TW_RTT_SEQUENCE ? p->sequence + p->payload : p->tsval;
}

#endif
