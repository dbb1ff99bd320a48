/* What it owns: how the followed answer is known again behind the qdisc.
 * Who may use it: bpf/packets.bpf.c and bpf/qdisc.bpf.c.
 * Thread: none, pure functions.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_DEPARTURE_BPF_H
#define TICKWIRE_DEPARTURE_BPF_H

#include "common.bpf.h"

/* A datagram by the first eight bytes of its payload: games number their messages there. Its checksum will not do: it may be filled in
 * only behind the qdisc. */
INLINE __u32 payload_tag(const __u8 payload[8])
{
	__u32 words[2];

	__builtin_memcpy(words, payload, sizeof(words));
	return words[0] * 31 ^ words[1];
}

#endif
