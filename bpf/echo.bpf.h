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

/* From a to b, going up, for numbers of `width` bits that wrap. */
INLINE __u32 distance(__u32 a, __u32 b, __u32 width)
{
	return (b - a) << (TW_FIELD_WIDTH_MAX - width) >> (TW_FIELD_WIDTH_MAX - width);
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

/* An answer to everything up to a token: the time of the first token that it covers, 0 if none is pending. What came after that one was
 * answered with it. */
INLINE __u64 take_answered(__u64 *times_ns, const __u32 *tokens, __u32 answered, __u32 width)
{
	__u64 first_ns = 0, taken_ns;

#pragma unroll
	for (int i = 0; i < TW_TOKENS; i++) {
		if (!times_ns[i] || !token_at_or_before(tokens[i], answered, width))
			continue;
		taken_ns = __sync_lock_test_and_set(&times_ns[i], 0);
		if (taken_ns && (!first_ns || taken_ns < first_ns))
			first_ns = taken_ns;
	}
	return first_ns;
}

/* Gives a place up: its token is lost, unless an echo takes it at this moment. */
INLINE void empty_place(__u64 *time_ns, enum tw_loss reason)
{
	if (*time_ns && __sync_lock_test_and_set(time_ns, 0))
		count_loss(reason);
}

/* Whether a token is a new one: ahead of the newest, or so far behind it that the other side began anew: then what is pending
 * belongs to the past. So does what lies half of all numbers behind: soon its own number comes round again. */
static __noinline bool is_new_token(__u64 *times_ns, const __u32 *tokens, __u32 token, __u32 newest, __u32 width)
{
	bool ahead = !token_at_or_before(token, newest, width);

	if (!ahead && distance(token, newest, width) < TW_SEQUENCE_JUMP)
		return false;
#pragma unroll
	for (int i = 0; i < TW_TOKENS; i++) {
		if (!ahead || !token_at_or_before(tokens[i], token, width))
			empty_place(&times_ns[i], TW_LOSS_UNMATCHED);
	}
	return true;
}

/* A free place, or that of a token that has waited for longer than a sample can be, or TW_TOKENS. */
INLINE __u32 place_for_token(__u64 *times_ns, __u64 now_ns)
{
	__u32 place = free_token(times_ns);

	for (__u32 i = 0; i < TW_TOKENS && place == TW_TOKENS; i++) {
		if (now_ns - times_ns[i] < TW_SAMPLE_MAX_NS)
			continue;
		empty_place(&times_ns[i], TW_LOSS_STALE);
		place = i;
	}
	return place;
}

/* A new token, of either direction. Nothing is overwritten, see TW_TOKENS. */
static __noinline int store_new_token(__u64 *times_ns, __u32 *tokens, __u32 token, __u64 now_ns)
{
	store_token(times_ns, tokens, place_for_token(times_ns, now_ns), token, now_ns);
	return 0;
}

/* Whether an echo can be true: nobody has received what was not sent. Only where something was not looked into may it name a token
 * that is a little newer than the newest that was seen. */
INLINE bool can_be_echo(__u32 echo, __u32 newest, __u32 width, bool unseen)
{
	return token_at_or_before(echo, newest, width) || (unseen && distance(newest, echo, width) < TW_SEQUENCE_JUMP);
}

#endif
