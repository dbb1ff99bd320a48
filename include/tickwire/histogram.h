/* What it owns: how a duration becomes a histogram cell, for a connection and for a service, and back to the cell's edges.
 * Who may use it: bpf/ counts with it, agent/ reads with it; both compile these very functions.
 * Thread: any, pure functions.
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
 *
 * Cells are log-linear: each octave (a power of two of nanoseconds) is cut into equal parts.
 *   octaves   2^10 ns (1.024 us) up to 2^34 ns (17.18 s): 24 of them. What is shorter counts in the first cell, what is
 *             longer in the last.
 *   connection  4 parts an octave: 96 cells; a cell's middle is at most 12.5 % off.
 *   service     8 parts an octave: 192 cells; at most 6.25 % off. Each is cut once more where one of the decimal bounds of
 *               TW_BOUNDS_NS falls into it, so that Prometheus' cumulative buckets are sums of whole cells, without error:
 *               part 2c counts what is <= the bound, part 2c + 1 what is above it. */
#ifndef TICKWIRE_HISTOGRAM_H
#define TICKWIRE_HISTOGRAM_H

#include "tickwire/types.h"

#define TW_OCTAVE_MIN 10
#define TW_OCTAVES 24
#define TW_OCTAVE_MAX (TW_OCTAVE_MIN + TW_OCTAVES)

#define TW_CONNECTION_PARTS_LOG2 2
#define TW_CONNECTION_CELLS (TW_OCTAVES << TW_CONNECTION_PARTS_LOG2)
/* A connection's cells are 16 bits wide, four to a 64-bit word, so that one atomic add counts a sample. The reader takes
 * the difference of two readings of the word: exact as long as a cell grows by less than 65,536 between them, whatever
 * wrapped or was carried, because the word is linear in its cells. */
#define TW_CONNECTION_WORDS (TW_CONNECTION_CELLS / 4)

#define TW_SERVICE_PARTS_LOG2 3
#define TW_SERVICE_PARTS (TW_OCTAVES << TW_SERVICE_PARTS_LOG2)
#define TW_SERVICE_CELLS (2 * TW_SERVICE_PARTS)

/* The decimal bounds, in nanoseconds, ascending. No two fall into one service part (asserted in tests/unit). 80, 100 and
 * 150 ms are limits that alerts are set at. */
#define TW_BOUND_COUNT 38
#define TW_BOUNDS_NS                                                                                                         \
	{                                                                                                                    \
		5000ULL, 10000ULL, 25000ULL, 50000ULL, 100000ULL, 200000ULL, 350000ULL, 500000ULL, 750000ULL, 1000000ULL,    \
		    1500000ULL, 2000000ULL, 3000000ULL, 5000000ULL, 7500000ULL, 10000000ULL, 15000000ULL, 20000000ULL,       \
		    25000000ULL, 30000000ULL, 40000000ULL, 50000000ULL, 60000000ULL, 70000000ULL, 80000000ULL, 100000000ULL, \
		    120000000ULL, 150000000ULL, 200000000ULL, 250000000ULL, 300000000ULL, 400000000ULL, 500000000ULL,        \
		    750000000ULL, 1000000000ULL, 2000000000ULL, 5000000000ULL, 10000000000ULL                                \
	}

/* The octave of a duration: floor(log2(ns)), 0 for 0. Without a count-leading-zeros instruction, which BPF has not. */
TW_INLINE __u32 tw_log2(__u64 ns)
{
	__u32 result = 0;
	if (ns >> 32) {
		ns >>= 32;
		result += 32;
	}
	if (ns >> 16) {
		ns >>= 16;
		result += 16;
	}
	if (ns >> 8) {
		ns >>= 8;
		result += 8;
	}
	if (ns >> 4) {
		ns >>= 4;
		result += 4;
	}
	if (ns >> 2) {
		ns >>= 2;
		result += 2;
	}
	return result + (__u32)(ns >> 1);
}

/* The log-linear cell of a duration, 0 .. (TW_OCTAVES << parts_log2) - 1. */
TW_INLINE __u32 tw_cell(__u64 ns, __u32 parts_log2)
{
	__u32 octave;
	if (ns < (1ULL << TW_OCTAVE_MIN))
		return 0;
	if (ns >= (1ULL << TW_OCTAVE_MAX))
		return (TW_OCTAVES << parts_log2) - 1;
	octave = tw_log2(ns);
	return ((octave - TW_OCTAVE_MIN) << parts_log2) + ((__u32)(ns >> (octave - parts_log2)) & ((1U << parts_log2) - 1));
}

/* The first nanosecond of a log-linear cell. The first cell begins at 0, whatever this says. */
TW_INLINE __u64 tw_cell_edge_ns(__u32 cell, __u32 parts_log2)
{
	__u32 octave = TW_OCTAVE_MIN + (cell >> parts_log2);
	__u64 part = cell & ((1U << parts_log2) - 1);
	return (1ULL << octave) + (part << (octave - parts_log2));
}

/* One histogram of a service in the map service_cells: one for each (service, series, shard). Cells wrap at 2^32: read
 * differences. */
struct tw_service_histogram {
	__u64 sum_ns;                  /* of all samples */
	__u32 cells[TW_SERVICE_CELLS]; /* samples */
};
TW_STATIC_ASSERT(sizeof(struct tw_service_histogram) == 1544, "service histogram: 8 + 4 * 384");

#endif
