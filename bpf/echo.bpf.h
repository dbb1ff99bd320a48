/* What it owns: the token echo: a token that passes one way is remembered with its time, its echo that comes the other way takes it.
 * Out and back in is the rtt, in and back out is the turnaround.
 * Who may use it: bpf/protocols/, an extractor a file.
 * Thread: one direction stores on any CPU, the other takes on any other; a time is taken by atomic exchange, so that one echo gives
 * one sample.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_ECHO_BPF_H
#define TICKWIRE_ECHO_BPF_H

#include "account.bpf.h"

/* a comes at or before b, for numbers of `width` bits that wrap. */
INLINE bool token_at_or_before(__u32 a, __u32 b, __u32 width)
{
	return (__s32)((b - a) << (TW_FIELD_WIDTH_MAX - width)) >= 0;
}

/* Is there a place for a token? Its number, or TW_TOKENS. */
INLINE __u32 free_token(const __u64 *times_ns)
{
	if (!times_ns[0])
		return 0;
	if (!times_ns[1])
		return 1;
	if (!times_ns[2])
		return 2;
	return times_ns[3] ? TW_TOKENS : 3;
}

INLINE void store_token(__u64 *times_ns, __u32 *tokens, __u32 place, __u32 token, __u64 now_ns)
{
	if (place >= TW_TOKENS)
		return;
	tokens[place] = token;
	/* The exchange also keeps the order: a reader that sees the time sees the token. */
	__sync_lock_test_and_set(&times_ns[place], now_ns);
}

/* An echo: the time of its token, 0 if that is not pending. Older tokens cannot be echoed any more. */
INLINE __u64 take_token(__u64 *times_ns, const __u32 *tokens, __u32 echo, __u32 width)
{
	__u64 taken_ns = 0;

#pragma unroll
	for (int i = 0; i < TW_TOKENS; i++) {
		if (!times_ns[i] || !token_at_or_before(tokens[i], echo, width))
			continue;
		if (tokens[i] == echo)
			taken_ns = __sync_lock_test_and_set(&times_ns[i], 0);
		else if (__sync_lock_test_and_set(&times_ns[i], 0))
			count_loss(TW_LOSS_UNMATCHED);
	}
	return taken_ns;
}

/* An acknowledgement of everything before it: the time of the newest token that it covers, 0 if none is pending. The older ones
 * that it covers too carry the delay of the receiver's acknowledgement, and go. */
INLINE __u64 take_covered(__u64 *times_ns, const __u32 *tokens, __u32 acknowledged, __u32 width)
{
	__u64 newest_ns = 0;
	__u32 newest = 0;

#pragma unroll
	for (int i = 0; i < TW_TOKENS; i++) {
		__u32 token = tokens[i];
		__u64 taken_ns;

		if (!times_ns[i] || !token_at_or_before(token, acknowledged, width))
			continue;
		taken_ns = __sync_lock_test_and_set(&times_ns[i], 0);
		if (!taken_ns)
			continue;
		if (newest_ns)
			count_loss(TW_LOSS_UNMATCHED);
		if (!newest_ns || token_at_or_before(newest, token, width)) {
			newest_ns = taken_ns;
			newest = token;
		}
	}
	return newest_ns;
}

#endif
