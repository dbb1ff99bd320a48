/* What it owns: the programs that see every packet: arrival (XDP or TC ingress) and departure (TC egress).
 * Who may use it: agent/kernel loads and attaches them.
 * Thread: softirq or the sender's own, on any CPU. Every path returns "pass"; nothing of a packet is ever written.
 * SPDX-License-Identifier: GPL-2.0-only */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "account.bpf.h"
#include "burst.bpf.h"
#include "parse.bpf.h"
#include "protocols/rule.bpf.h"
#include "protocols/tcp.bpf.h"
#include "table.bpf.h"

INLINE void count_interface(__u32 ifindex, __u32 direction)
{
	__u32 key = ifindex & (TW_INTERFACES - 1);
	struct tw_interface_counters *counters = bpf_map_lookup_elem(&interfaces, &key);

	if (counters)
		counters->packets[direction]++;
}

/* The frame as a packet of a watched service: its number + 1 | TW_PORT_HAS_RULE; 0 = not watched, or counted as a loss. */
INLINE __u32 watched(void *context, void *data, void *data_end, bool from_xdp, __u32 direction, struct packet *p)
{
	int result = parse(context, data, data_end, from_xdp, direction == TW_EGRESS, p);

	if (result != PARSED) {
		count_loss(result);
		return 0;
	}
	return service_of(p->local_port, p->key.protocol);
}

/* The lengths that the headers tell must lie inside the frame. A super-packet's IP length may be 0 (BIG TCP): its frame tells. */
INLINE bool lengths_fit(struct packet *p, __u32 frame_bytes, bool merged)
{
	if (p->header_end > frame_bytes)
		goto truncated;
	if (merged)
		p->payload = frame_bytes - p->header_end;
	if (p->payload <= frame_bytes - p->header_end)
		return true;
truncated:
	count_loss(TW_LOSS_TRUNCATED);
	return false;
}

/* SYN, FIN and RST in: rare. May give another slot: a new connection on the tuple of one that ended. */
static __noinline struct tw_slot *tcp_control_in(struct tw_slot *slot, const struct packet *p, __u32 service)
{
	__u32 ended = TW_SLOT_RST_IN | TW_SLOT_RST_OUT;

	if ((p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		if (!slot)
			return take_slot(&p->key, service, 0, false);
		if (slot->closed_ns || slot->flags & ended)
			return take_slot(&p->key, service, 0, true);
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

/* The number of the connection's slot, for what is kept beside it; the key is looked up again, so this is not for every packet. */
INLINE bool slot_number(const struct tw_connection_key *key, __u32 *number)
{
	__u32 *found = bpf_map_lookup_elem(&connections, key);

	if (!found)
		return false;
	*number = *found;
	return true;
}

INLINE void packet_in(void *context, bool from_xdp, struct packet *p, __u32 found)
{
	__u32 service = service_number(found);
	struct tw_slot *slot = find_slot(&p->key);
	bool udp = p->key.protocol == IPPROTO_UDP;
	__u32 number;

	if (udp) {
		if (!slot)
			slot = take_slot(&p->key, service, 0, false);
	} else if (p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) {
		slot = tcp_control_in(slot, p, service);
	}
	if (!slot) {
		count_unslotted(service, TW_INGRESS, p->segments, p->payload);
		return;
	}
	__sync_fetch_and_add(&slot->packets_bytes_in, packets_and_bytes(p->segments, p->payload));
	if (!udp && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_ACK) {
		if (slot->awaits_handshake)
			complete_handshake(slot, service);
		tcp_echo_in(slot, p, service);
	}
	if (!p->payload && !udp)
		return;
	if (!(found & TW_PORT_HAS_RULE)) {
		if (!slot->request_ns)
			slot->request_ns = bpf_ktime_get_ns();
	} else if (slot_number(&p->key, &number)) {
		if (from_xdp)
			rule_in_xdp(context, p, number, slot, service);
		else
			rule_in_skb(context, p, number, slot, service);
	}
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
	}
	if (p->tcp_flags & TCP_FIN)
		__sync_fetch_and_or(&slot->flags, TW_SLOT_FIN_OUT);
	if (p->tcp_flags & TCP_RST)
		__sync_fetch_and_or(&slot->flags, TW_SLOT_RST_OUT);
	return 0;
}

/* The kernel's own smoothed rtt, where the packet still knows its socket. */
INLINE void note_srtt(struct tw_slot *slot, struct __sk_buff *skb)
{
	struct bpf_sock *socket = skb->sk;
	struct bpf_tcp_sock *tcp;

	if (!socket)
		return;
	tcp = bpf_tcp_sock(socket);
	if (tcp)
		slot->srtt_us = tcp->srtt_us >> 3;
}

/* Takes the request that waits, if one does, and measures its turnaround. */
INLINE void answer_out(struct tw_slot *slot, __u32 service, __u64 now_ns)
{
	__u64 request_ns = slot->request_ns ? __sync_lock_test_and_set(&slot->request_ns, 0) : 0;

	if (!request_ns)
		return;
	sample_turnaround(slot, service, TW_SERIES_TURNAROUND_NEXT, request_ns, now_ns ? now_ns : bpf_ktime_get_ns());
}

/* TCP payload out. False: it was sent before. Leaves the time where it had to read it. */
INLINE bool segment_out(struct __sk_buff *skb, struct tw_slot *slot, const struct packet *p, bool has_rule, __u64 *now_ns)
{
	__u32 end = p->sequence + p->payload;
	__u32 place;

	if (slot->rtt_method == TW_RTT_NONE) {
		slot->rtt_method = has_rule ? TW_RTT_RULE : p->has_timestamps ? TW_RTT_TIMESTAMP : TW_RTT_SEQUENCE;
		slot->highest_seq = p->sequence;
		slot->last_tsval = p->tsval - 1;
	}
	if (seq_at_or_before(end, slot->highest_seq)) {
		if (slot->rtt_method == TW_RTT_SEQUENCE)
			tcp_drop_ambiguous(slot, p->sequence);
		return false;
	}
	slot->highest_seq = end;
	if (slot->rtt_method == TW_RTT_RULE)
		return true;
	place = tcp_token_place(slot, p);
	if (place != TW_TOKENS) {
		*now_ns = bpf_ktime_get_ns();
		store_token(slot->sent_ns, slot->token, place, tcp_token(slot, p), *now_ns);
		note_srtt(slot, skb);
	}
	return true;
}

INLINE void packet_out(struct __sk_buff *skb, struct packet *p, __u32 found)
{
	__u32 service = service_number(found);
	struct tw_slot *slot = find_slot(&p->key);
	bool ticks = settings.features & TW_FEATURE_TICKS;
	bool udp = p->key.protocol == IPPROTO_UDP;
	__u64 now_ns = 0, turnarounds_ns = 0;
	__u32 number;

	if (!slot && (udp || (p->payload && !(p->tcp_flags & TCP_RST))))
		slot = take_slot(&p->key, service, udp ? 0 : TW_SLOT_SEEDED, false);
	if (!slot) {
		count_unslotted(service, TW_EGRESS, p->segments, p->payload);
		return;
	}
	__sync_fetch_and_add(&slot->packets_bytes_out, packets_and_bytes(p->segments, p->payload));
	if (!udp) {
		if (p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST))
			tcp_control_out(slot, p);
		if (!p->payload || !segment_out(skb, slot, p, found & TW_PORT_HAS_RULE, &now_ns))
			return;
	}
	if (ticks) {
		turnarounds_ns = slot->turnaround_sum_ns;
		if (!now_ns)
			now_ns = bpf_ktime_get_ns();
	}
	if (!(found & TW_PORT_HAS_RULE))
		answer_out(slot, service, now_ns);
	else if (slot_number(&p->key, &number))
		rule_out_skb(skb, p, number, slot, service);
	if (ticks)
		burst_out(&p->key, service, now_ns, slot->turnaround_sum_ns - turnarounds_ns);
}

/* frame_bytes = 0: all of the frame is between data and data_end. */
INLINE void handle_xdp(struct xdp_md *xdp, __u64 frame_bytes)
{
	void *data = (void *)(long)xdp->data;
	void *data_end = (void *)(long)xdp->data_end;
	struct packet p;
	__u32 service;

	if (!frame_bytes)
		frame_bytes = data_end - data;
	/* Now: of two packet pointers that are kept for later clang keeps the lower halves, which the verifier refuses. */
	asm volatile("" : "+r"(frame_bytes));
	count_interface(xdp->ingress_ifindex, TW_INGRESS);
	service = watched(xdp, data, data_end, true, TW_INGRESS, &p);
	p.segments = 1;
	if (service && lengths_fit(&p, frame_bytes, false))
		packet_in(xdp, true, &p, service);
}

INLINE void handle_skb(struct __sk_buff *skb, __u32 direction)
{
	struct packet p;
	__u32 service, segments;

	count_interface(skb->ifindex, direction);
	service = watched(skb, (void *)(long)skb->data, (void *)(long)skb->data_end, false, direction, &p);
	if (!service)
		return;
	segments = skb->gso_segs;
	if (!lengths_fit(&p, skb->len, segments > 1))
		return;
	p.segments = segments ? segments : 1;
	if (direction == TW_INGRESS)
		packet_in(skb, false, &p, service);
	else
		packet_out(skb, &p, service);
}

SEC("xdp")
int ingress_xdp(struct xdp_md *xdp)
{
	handle_xdp(xdp, 0);
	return XDP_PASS;
}

/* For frames in several buffers (MTU above a page). */
SEC("xdp.frags")
int ingress_frags(struct xdp_md *xdp)
{
	handle_xdp(xdp, bpf_xdp_get_buff_len(xdp));
	return XDP_PASS;
}

/* TC_ACT_UNSPEC is TCX_NEXT too: the next program, then the stack. */
SEC("tc")
int ingress_tc(struct __sk_buff *skb)
{
	handle_skb(skb, TW_INGRESS);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int egress_tc(struct __sk_buff *skb)
{
	handle_skb(skb, TW_EGRESS);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
