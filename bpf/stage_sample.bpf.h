/* What it owns: what the packet programs know of a packet on its way through them, and the samples that need more than its slot: stages,
 * and round trips whose acknowledgement may have been delayed.
 * Who may use it: bpf/packets.bpf.c and bpf/protocols/.
 * Thread: programs on any CPU. The followed request is taken by atomic exchange of its arrival.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_STAGE_SAMPLE_BPF_H
#define TICKWIRE_STAGE_SAMPLE_BPF_H

#include "account.bpf.h"
#include "stage.bpf.h"

/* A packet on its way through the programs. */
struct passage {
	struct tw_slot *slot;
	struct tw_stage_slot *stage; /* NULL without stages */
	__u64 now_ns;                /* 0 = the clock has not been read */
	__u32 service;
	__u32 number; /* of the slot */
};

/* The clock is read once a packet, and only where its time is used. */
INLINE __u64 now_of(struct passage *at)
{
	if (!at->now_ns)
		at->now_ns = bpf_ktime_get_ns();
	return at->now_ns;
}

/* A write that comes this late after the read is taken for one that no hook saw. */
#define WRITE_UNSEEN_NS 1000000000ULL

/* A packet departs while the request that arrived at request_ns waits: does it answer something else? Told only where requests of this
 * connection have been seen all the way before. `end`: of its sequence range (TCP). */
INLINE bool answers_another(const struct tw_stage_slot *stage, __u64 request_ns, __u64 now_ns, bool udp, __u32 end)
{
	if (!stage->completed || stage->arrived_ns != request_ns || !stage->delivered_ns)
		return false;
	if (!stage->read_ns)
		return now_ns - request_ns < TW_SAMPLE_MAX_NS;
	if (!stage->written_ns || (!udp && seq_at_or_before(end, stage->write_sequence)))
		return now_ns - stage->read_ns < WRITE_UNSEEN_NS;
	return false;
}

/* An rtt that the player's acknowledgement may have stretched: apart from the others, but for the shortest. */
INLINE void sample_delayed_rtt(struct passage *at, __u32 series, __u64 sent_ns)
{
	__u64 elapsed_ns = at->now_ns - sent_ns;
	__u32 part;

	if (!is_sample(sent_ns, at->now_ns))
		return;
	part = tw_cell(elapsed_ns, TW_SERVICE_PARTS_LOG2);
	sample_service(at->service, series, elapsed_ns, part);
	sample_cells(at->stage->delayed_cells, part);
	__sync_fetch_and_add(&at->stage->delayed_sum_ns, elapsed_ns);
	__sync_fetch_and_add(&at->stage->delayed_samples, 1);
	if (!at->slot->rtt_min_ns || elapsed_ns < at->slot->rtt_min_ns)
		at->slot->rtt_min_ns = elapsed_ns;
}

INLINE void sample_stage(struct tw_stage_slot *stage, __u32 service, __u32 which, __u64 from_ns, __u64 to_ns)
{
	__u64 elapsed_ns = to_ns - from_ns;
	__u32 part = tw_cell(elapsed_ns, TW_SERVICE_PARTS_LOG2);

	sample_service(service, TW_SERIES_STAGE_NIC_TO_SOCKET + which, elapsed_ns, part);
	sample_cells(stage->stage_cells[which], part);
	__sync_fetch_and_add(&stage->stage_sum_ns[which], elapsed_ns);
}

/* A packet departs now that answers what arrived at answered_ns, and everything before. The followed request is taken if it is among
 * that, and gives one sample to each stage; they share their stamps, so they add up to its turnaround. */
static __noinline int complete_stages(struct tw_stage_slot *stage, __u32 service, __u64 answered_ns, __u64 now_ns)
{
	__u64 arrived_ns = stage->arrived_ns;
	__u64 delivered_ns = stage->delivered_ns;
	__u64 read_ns = stage->read_ns;
	__u64 written_ns = stage->written_ns;

	if (!arrived_ns || arrived_ns > answered_ns || !__sync_lock_test_and_set(&stage->arrived_ns, 0))
		return 0;
	if (!delivered_ns || !read_ns || !written_ns) {
		count_loss(TW_LOSS_STAGE_UNSEEN);
		return 0;
	}
	if (delivered_ns < arrived_ns || read_ns < delivered_ns || written_ns < read_ns || now_ns < written_ns) {
		count_loss(TW_LOSS_NEGATIVE);
		return 0;
	}
	if (now_ns - arrived_ns >= TW_SAMPLE_MAX_NS) {
		count_loss(TW_LOSS_STALE);
		return 0;
	}
	stage->completed++;
	sample_stage(stage, service, TW_STAGE_NIC_TO_SOCKET, arrived_ns, delivered_ns);
	sample_stage(stage, service, TW_STAGE_SOCKET_TO_APP, delivered_ns, read_ns);
	sample_stage(stage, service, TW_STAGE_APP, read_ns, written_ns);
	sample_stage(stage, service, TW_STAGE_APP_TO_NIC, written_ns, now_ns);
	return 0;
}

#endif
