/* What it owns: what user space tells the programs before they are loaded; constant afterwards.
 * Who may use it: bpf/ (a constant in .rodata), agent/kernel (fills it).
 * Thread: none, declarations only.
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef TICKWIRE_SETTINGS_H
#define TICKWIRE_SETTINGS_H

#include "tickwire/histogram.h"
#include "tickwire/types.h"

/* What is measured beyond counters, rtt and turnaround. Off: the packet path has no trace of it. */
#define TW_FEATURE_STAGES 1U /* stages, pace, delayed acknowledgements: stage.h */
#define TW_FEATURE_TICKS 2U  /* bursts of packets out */

struct tw_settings {
	__u32 shard_mask;               /* shards of service_cells, a power of two, less one */
	__u32 features;                 /* TW_FEATURE_* */
	__u64 over_least_ns;            /* the lowest threshold of any service, tw_thresholds; 0 = none */
	__u64 cut_ns[TW_SERVICE_PARTS]; /* the decimal bound inside each service part; all ones = none */
};
TW_STATIC_ASSERT(sizeof(struct tw_settings) == 16 + 8 * TW_SERVICE_PARTS, "settings");

/* The cell of a service's histogram that a duration counts in. */
TW_INLINE __u32 tw_service_cell(const __u64 *cut_ns, __u64 ns)
{
	__u32 part = tw_cell(ns, TW_SERVICE_PARTS_LOG2);
	return 2 * part + (ns > cut_ns[part]);
}

#endif
