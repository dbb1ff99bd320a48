/* What it owns: what is counted: packets, bytes, and samples into a connection's and its service's histogram.
 * Who may use it: bpf/.
 * Thread: programs on any CPU; everything that others count in too is added atomically.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_ACCOUNT_BPF_H
#define TICKWIRE_ACCOUNT_BPF_H

#include "event.bpf.h"
#include "table.bpf.h"

INLINE __u64 packets_and_bytes(__u32 packets, __u32 payload)
{
	return (__u64)payload << TW_PACKETS_BITS | packets;
}

/* A packet of a connection that has no slot: it counts for its service all the same. */
static __noinline int count_unslotted(__u32 service, __u32 direction, __u32 packets, __u32 payload)
{
	struct tw_service_counters *counters = bpf_map_lookup_elem(&service_counters, &service);

	if (!counters || direction >= TW_DIRECTIONS)
		return 0;
	__sync_fetch_and_add(&counters->unslotted_packets[direction], packets);
	__sync_fetch_and_add(&counters->unslotted_bytes[direction], payload);
	return 0;
}

/* The time from start to now, as a sample, or counted as a loss. */
INLINE bool is_sample(__u64 start_ns, __u64 now_ns)
{
	__u64 elapsed_ns = now_ns - start_ns;

	if (elapsed_ns < TW_SAMPLE_MAX_NS)
		return true;
	count_loss((__s64)elapsed_ns < 0 ? TW_LOSS_NEGATIVE : TW_LOSS_STALE);
	return false;
}

/* Counts a sample in the service's histogram of this CPU's shard. part = tw_cell(elapsed_ns, TW_SERVICE_PARTS_LOG2). */
INLINE void sample_service(__u32 service, __u32 series, __u64 elapsed_ns, __u32 part)
{
	__u32 index = tw_service_cells_index(service, series, bpf_get_smp_processor_id(), settings.shard_mask);
	struct tw_service_histogram *histogram = bpf_map_lookup_elem(&service_cells, &index);
	__u32 *cell;

	if (!histogram || part >= TW_SERVICE_PARTS)
		return;
	/* Stepped to, not computed: of an index 2 * part | above the verifier of Linux 6.1 believes that it may be 2^n - 1. */
	cell = &histogram->cells[2 * part];
	if (elapsed_ns > settings.cut_ns[part])
		cell++;
	__sync_fetch_and_add(cell, 1);
	__sync_fetch_and_add(&histogram->sum_ns, elapsed_ns);
}

/* Counts a sample in one of a connection's histograms. Its cells are half as fine as the service's. */
INLINE void sample_cells(__u64 *words, __u32 part)
{
	__u32 cell = part >> (TW_SERVICE_PARTS_LOG2 - TW_CONNECTION_PARTS_LOG2);
	__u32 word = cell / 4;

	/* Kept as it is: of the mask that clang makes of two shifts the verifier of Linux 6.1 learns no bound. */
	asm volatile("" : "+r"(word));
	if (word < TW_CONNECTION_WORDS)
		__sync_fetch_and_add(&words[word], 1ULL << (cell % 4 * 16));
}

INLINE void sample_rtt(struct tw_slot *slot, __u32 service, __u32 series, __u64 sent_ns, __u64 now_ns)
{
	__u64 elapsed_ns = now_ns - sent_ns;
	__u32 part;

	if (!is_sample(sent_ns, now_ns))
		return;
	part = tw_cell(elapsed_ns, TW_SERVICE_PARTS_LOG2);
	sample_service(service, series, elapsed_ns, part);
	sample_cells(slot->rtt_cells, part);
	__sync_fetch_and_add(&slot->rtt_sum_ns, elapsed_ns);
	__sync_fetch_and_add(&slot->rtt_samples, 1);
	if (!slot->rtt_min_ns || elapsed_ns < slot->rtt_min_ns)
		slot->rtt_min_ns = elapsed_ns;
	check_threshold(slot, service, series, elapsed_ns, now_ns);
}

INLINE void sample_turnaround(struct tw_slot *slot, __u32 service, __u32 series, __u64 request_ns, __u64 now_ns)
{
	__u64 elapsed_ns = now_ns - request_ns;
	__u32 part;

	if (!is_sample(request_ns, now_ns))
		return;
	part = tw_cell(elapsed_ns, TW_SERVICE_PARTS_LOG2);
	sample_service(service, series, elapsed_ns, part);
	sample_cells(slot->turnaround_cells, part);
	__sync_fetch_and_add(&slot->turnaround_sum_ns, elapsed_ns);
	__sync_fetch_and_add(&slot->turnaround_samples, 1);
	check_threshold(slot, service, series, elapsed_ns, now_ns);
}

#endif
