/* What it owns: finding a connection's slot.
 * Who may use it: bpf/.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_FIND_BPF_H
#define TICKWIRE_FIND_BPF_H

#include "common.bpf.h"

#define TW_NO_SLOT 0xffffffffU

/* Leaves the slot's number; NULL and TW_NO_SLOT: the connection is not in the table. */
INLINE struct tw_slot *find_slot(const struct tw_connection_key *key, __u32 *number)
{
	__u32 *found = bpf_map_lookup_elem(&connections, key);

	*number = found ? *found : TW_NO_SLOT;
	return found ? bpf_map_lookup_elem(&connection_slots, found) : NULL;
}

#endif
