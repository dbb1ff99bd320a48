/* What it owns: a duration as a sample in the histograms of a connection and of its service.
 * Who may use it: bpf/.
 * Thread: programs on any CPU; everything that others count in too is added atomically.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_SAMPLE_BPF_H
#define TICKWIRE_SAMPLE_BPF_H

#include "common.bpf.h"

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

#endif
