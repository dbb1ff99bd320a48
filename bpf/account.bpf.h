/* What it owns: what packets count as: packets and bytes, and the samples of rtt and turnaround that they complete.
 * Who may use it: bpf/.
 * Thread: programs on any CPU; everything that others count in too is added atomically.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_ACCOUNT_BPF_H
#define TICKWIRE_ACCOUNT_BPF_H

#include "event.bpf.h"
#include "sample.bpf.h"
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
