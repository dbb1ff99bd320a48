/* What it owns: the token echo: a token that leaves is remembered with its time, its echo that comes back takes it: one rtt.
 * TCP has two kinds of tokens, timestamps (RFC 7323) and sequence numbers (RFC 9293, with Karn's rule, RFC 6298 3).
 * Who may use it: bpf/.
 * Thread: egress stores on any CPU, ingress takes on any other; a time is taken by atomic exchange, so one echo gives one sample.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_ECHO_BPF_H
#define TICKWIRE_ECHO_BPF_H

#include "account.bpf.h"

/* Is there a place for a token? Its number, or TW_TOKENS. */
INLINE __u32 free_token(const struct tw_slot *slot)
{
	if (!slot->sent_ns[0])
		return 0;
	if (!slot->sent_ns[1])
		return 1;
	if (!slot->sent_ns[2])
		return 2;
	return slot->sent_ns[3] ? TW_TOKENS : 3;
}

INLINE void store_token(struct tw_slot *slot, __u32 place, __u32 token, __u64 now_ns)
{
	if (place >= TW_TOKENS)
		return;
	slot->token[place] = token;
	/* The exchange also keeps the order: a reader that sees the time sees the token. */
	__sync_lock_test_and_set(&slot->sent_ns[place], now_ns);
}

/* An echoed timestamp: the time its token left, 0 if it is not pending. Older tokens cannot be echoed any more. */
INLINE __u64 take_timestamp(struct tw_slot *slot, __u32 echo)
{
	__u64 sent_ns = 0;

#pragma unroll
	for (int i = 0; i < TW_TOKENS; i++) {
		if (!slot->sent_ns[i] || !seq_at_or_before(slot->token[i], echo))
			continue;
		if (slot->token[i] == echo)
			sent_ns = __sync_lock_test_and_set(&slot->sent_ns[i], 0);
		else if (__sync_lock_test_and_set(&slot->sent_ns[i], 0))
			count_loss(TW_LOSS_UNMATCHED);
	}
	return sent_ns;
}

/* An acknowledgement: the time that the newest token which it covers left, 0 if none is pending. The older ones that it covers
 * too carry the delay of the receiver's acknowledgement, and go. */
INLINE __u64 take_sequence(struct tw_slot *slot, __u32 acknowledged)
{
	__u64 sent_ns = 0;
	__u32 newest = 0;

#pragma unroll
	for (int i = 0; i < TW_TOKENS; i++) {
		__u32 token = slot->token[i];
		__u64 taken_ns;

		if (!slot->sent_ns[i] || !seq_at_or_before(token, acknowledged))
			continue;
		taken_ns = __sync_lock_test_and_set(&slot->sent_ns[i], 0);
		if (!taken_ns)
			continue;
		if (sent_ns)
			count_loss(TW_LOSS_UNMATCHED);
		if (!sent_ns || seq_at_or_before(newest, token)) {
			sent_ns = taken_ns;
			newest = token;
		}
	}
	return sent_ns;
}

/* The range from `sequence` on is sent again: what is pending in it has two times now. */
static __noinline int drop_ambiguous(struct tw_slot *slot, __u32 sequence)
{
#pragma unroll
	for (int i = 0; i < TW_TOKENS; i++) {
		if (slot->sent_ns[i] && !seq_at_or_before(slot->token[i], sequence) &&
		    __sync_lock_test_and_set(&slot->sent_ns[i], 0))
			count_loss(TW_LOSS_AMBIGUOUS);
	}
	return 0;
}

#endif
