/* What it owns: what TCP's control flags do to a connection: SYN, FIN, RST, and the handshake's own rtt.
 * Who may use it: bpf/packets.bpf.c.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_TCP_CONTROL_BPF_H
#define TICKWIRE_TCP_CONTROL_BPF_H

#include "account.bpf.h"
#include "parse.bpf.h"

/* SYN, FIN and RST in: rare. May give another slot: a new connection on the tuple of one that ended. */
static __noinline struct tw_slot *tcp_control_in(struct tw_slot *slot, const struct packet *p, __u32 service, __u32 *number)
{
	__u32 ended = TW_SLOT_RST_IN | TW_SLOT_RST_OUT;

	if ((p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		if (!slot)
			return take_slot(&p->key, service, 0, false, number);
		if (slot->closed_ns || slot->flags & ended)
			return take_slot(&p->key, service, 0, true, number);
		return slot;
	}
	if (!slot)
		return NULL;
	if (p->tcp_flags & TCP_FIN)
		__sync_fetch_and_or(&slot->flags, TW_SLOT_FIN_IN);
	if (p->tcp_flags & TCP_RST)
		__sync_fetch_and_or(&slot->flags, TW_SLOT_RST_IN);
	return slot;
}

/* The ACK of our SYN-ACK. */
static __noinline int complete_handshake(struct tw_slot *slot, __u32 service)
{
	__u64 now_ns = bpf_ktime_get_ns();

	slot->awaits_handshake = 0;
	if (!slot->established_ns) /* without a hook on the state nothing else tells */
		slot->established_ns = now_ns;
	if (slot->flags & TW_SLOT_SYNACK_TWICE) {
		count_loss(TW_LOSS_AMBIGUOUS);
		return 0;
	}
	if (slot->handshake_ns || !is_sample(slot->synack_ns, now_ns))
		return 0;
	slot->handshake_ns = now_ns - slot->synack_ns;
	sample_service(service, TW_SERIES_RTT_HANDSHAKE, slot->handshake_ns, tw_cell(slot->handshake_ns, TW_SERVICE_PARTS_LOG2));
	return 0;
}

/* SYN-ACK, FIN and RST out: rare. */
static __noinline int tcp_control_out(struct tw_slot *slot, const struct packet *p)
{
	if ((p->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
		if (slot->synack_ns)
			__sync_fetch_and_or(&slot->flags, TW_SLOT_SYNACK_TWICE);
		slot->synack_ns = bpf_ktime_get_ns();
		slot->awaits_handshake = 1;
		slot->highest_seq = p->sequence + 1;
		slot->in_end = p->acknowledged;
		slot->in_ahead = TW_STREAM_KNOWN;
	}
	if (p->tcp_flags & TCP_FIN)
		__sync_fetch_and_or(&slot->flags, TW_SLOT_FIN_OUT);
	if (p->tcp_flags & TCP_RST)
		__sync_fetch_and_or(&slot->flags, TW_SLOT_RST_OUT);
	return 0;
}

#endif
