/* What it owns: following one request of a connection at a time from its arrival through the socket and the game to the packet that
 * answers it.
 * Who may use it: bpf/: the packet programs begin, the socket programs stamp; stage_sample.bpf.h completes.
 * Thread: programs on any CPU. A request is begun and taken by atomic exchange of its arrival; each stamp is set once.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_STAGE_BPF_H
#define TICKWIRE_STAGE_BPF_H

#include "find.bpf.h"

/* NULL without stages. */
INLINE struct tw_stage_slot *stage_of(__u32 number)
{
	return settings.features & TW_FEATURE_STAGES ? bpf_map_lookup_elem(&stage_slots, &number) : NULL;
}

/* A request arrives that nothing is followed before. */
INLINE void follow_request(struct tw_stage_slot *stage, __u32 tag, __u64 now_ns)
{
	stage->delivered_ns = 0;
	stage->read_ns = 0;
	stage->written_ns = 0;
	stage->tag = tag;
	stage->followed++;
	/* Last, and with a barrier: the socket's hooks look at the rest only when they see it. */
	__sync_lock_test_and_set(&stage->arrived_ns, now_ns);
}

INLINE void drop_request(struct tw_stage_slot *stage, enum tw_loss reason)
{
	if (__sync_lock_test_and_set(&stage->arrived_ns, 0))
		count_loss(reason);
}

/* The game wrote to the player. `sequence`: of the first byte (TCP). The first write after the read begins TCP's answer, though it may
 * wait for a window or for more; a datagram leaves within its write. */
INLINE void note_write(struct tw_stage_slot *stage, bool udp, __u32 sequence)
{
	if (!stage->arrived_ns || !stage->read_ns || (!udp && stage->written_ns))
		return;
	stage->write_sequence = sequence;
	__sync_lock_test_and_set(&stage->written_ns, bpf_ktime_get_ns());
}

#endif
