/* What it owns: the pace of packets and of rtt samples: their smoothed spacing and jitter (RFC 3550 6.4.1, A.8).
 * Who may use it: bpf/packets.bpf.c and what samples rtt.
 * Thread: programs on any CPU, without locks: a race loses one difference.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_PACE_BPF_H
#define TICKWIRE_PACE_BPF_H

#include "common.bpf.h"

INLINE __u32 absolute_difference(__u32 a, __u32 b)
{
	return a > b ? a - b : b - a;
}

/* Moves by a sixteenth towards the new value. */
INLINE void smooth(__u32 *smoothed, __u32 value)
{
	*smoothed += (__s32)(value - *smoothed) >> TW_JITTER_SHIFT;
}

/* A packet with payload passes now. */
INLINE void keep_pace(struct tw_pace *pace, __u64 now_ns)
{
	__u64 spacing_ns = now_ns - pace->last_ns;

	pace->last_ns = now_ns;
	if (spacing_ns >= TW_PAUSE_NS) /* or the first one */
		return;
	if (!pace->mean_ns) {
		pace->mean_ns = spacing_ns;
		return;
	}
	smooth(&pace->jitter_ns, absolute_difference(spacing_ns, pace->mean_ns));
	smooth(&pace->mean_ns, spacing_ns);
	pace->spacings++;
}

/* A sample of rtt came now. Only those that no acknowledgement's delay can have stretched tell jitter; any can be the shortest. */
INLINE void keep_rtt(struct tw_stage_slot *stage, __u64 rtt_ns, __u64 now_ns, bool prompt)
{
	__u32 epoch = tw_epoch(now_ns);
	__u32 rtt = rtt_ns < 0xffffffffULL ? rtt_ns : 0xffffffffU;
	__u32 place = epoch & 1;

	if (stage->rtt_min_epoch[place] != epoch) {
		stage->rtt_min_ns[place] = rtt;
		stage->rtt_min_epoch[place] = epoch;
	} else if (rtt < stage->rtt_min_ns[place]) {
		stage->rtt_min_ns[place] = rtt;
	}
	if (!prompt)
		return;
	if (stage->rtt_last_ns)
		smooth(&stage->rtt_jitter_ns, absolute_difference(rtt, stage->rtt_last_ns));
	stage->rtt_last_ns = rtt;
}

#endif
