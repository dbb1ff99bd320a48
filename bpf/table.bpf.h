/* What it owns: taking a slot for a new connection.
 * Who may use it: bpf/.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_TABLE_BPF_H
#define TICKWIRE_TABLE_BPF_H

#include "find.bpf.h"

/* A slot for a connection that is not in the table, or (replace) whose entry belongs to one that has ended. User space sees the
 * slot once opened_ns is set, which comes last. Leaves the number. NULL: counted as a loss. */
static __noinline struct tw_slot *take_slot(const struct tw_connection_key *key, __u32 service, __u32 flags, bool replace,
					    __u32 *taken)
{
	struct tw_service_counters *counters;
	struct tw_slot *slot, *other;
	__u32 number = 0;

	if (bpf_map_pop_elem(&free_slots, &number)) {
		count_loss(TW_LOSS_TABLE_FULL);
		return NULL;
	}
	slot = bpf_map_lookup_elem(&connection_slots, &number);
	if (!slot)
		return NULL;
	*taken = number;
	slot->key = *key;
	slot->service = service;
	slot->flags = flags;
	slot->tcp_state = key->protocol == IPPROTO_TCP ? (flags & TW_SLOT_SEEDED ? TCP_ESTABLISHED : TCP_SYN_RECV) : 0;
	if (bpf_map_update_elem(&connections, key, &number, replace ? BPF_ANY : BPF_NOEXIST)) {
		bpf_map_push_elem(&free_slots, &number, 0);
		other = find_slot(key, taken); /* another CPU was first */
		if (!other)
			count_loss(TW_LOSS_TABLE_ERROR);
		return other;
	}
	counters = bpf_map_lookup_elem(&service_counters, &service);
	if (counters)
		__sync_fetch_and_add(&counters->opened, 1);
	__sync_lock_test_and_set(&slot->opened_ns, bpf_ktime_get_ns());
	return slot;
}

#endif
