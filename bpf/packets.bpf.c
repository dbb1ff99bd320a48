/* What it owns: the programs that see every packet: arrival (XDP or TC ingress) and departure (TC egress).
 * Who may use it: agent/kernel loads and attaches them.
 * Thread: softirq or the sender's own, on any CPU. Every path returns "pass"; nothing of a packet is ever written.
 * SPDX-License-Identifier: GPL-2.0-only */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "account.bpf.h"
#include "burst.bpf.h"
#include "departure.bpf.h"
#include "pace.bpf.h"
#include "parse.bpf.h"
#include "protocols/rule.bpf.h"
#include "protocols/tcp.bpf.h"
#include "stage_sample.bpf.h"
#include "stream.bpf.h"
#include "table.bpf.h"
#include "tcp_control.bpf.h"

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

/* Payload of a connection without a rule arrives: the first since the last one left is the request whose turnaround is measured. */
INLINE void request_in(struct passage *at, const struct packet *p, bool udp)
{
	if (at->slot->request_ns)
		return;
	if (at->stage)
		follow_request(at->stage, udp ? p->udp_tag : p->sequence + p->payload, now_of(at));
	at->slot->request_ns = now_of(at);
}

INLINE void packet_in(void *context, bool from_xdp, struct packet *p, __u32 found)
{
	struct passage at = {.service = service_number(found)};
	bool udp = p->key.protocol == IPPROTO_UDP;
	bool readable;

	at.slot = find_slot(&p->key, &at.number);
	if (udp) {
		if (!at.slot)
			at.slot = take_slot(&p->key, at.service, 0, false, &at.number);
	} else if (p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) {
		at.slot = tcp_control_in(at.slot, p, at.service, &at.number);
	}
	if (!at.slot) {
		count_unslotted(at.service, TW_INGRESS, p->segments, p->payload);
		return;
	}
	at.stage = stage_of(at.number);
	__sync_fetch_and_add(&at.slot->packets_bytes_in, packets_and_bytes(p->segments, p->payload));
	if (!udp && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_ACK) {
		if (at.slot->awaits_handshake)
			complete_handshake(at.slot, at.service);
		tcp_echo_in(&at, p);
	}
	if (at.stage)
		at.stage->last_in_ns = now_of(&at);
	if (!p->payload && !udp)
		return;
	if (at.stage)
		keep_pace(&at.stage->pace_in, at.now_ns);
	readable = udp || continues_stream(&at, p, found & TW_PORT_HAS_RULE);
	if (found & TW_PORT_HAS_RULE) {
		if (from_xdp)
			rule_in_xdp(context, p, &at, readable);
		else
			rule_in_skb(context, p, &at, readable);
	} else if (readable) {
		request_in(&at, p, udp);
	}
}

/* What the kernel knows of the socket, where the packet still knows it: the smoothed rtt and the largest segment. */
INLINE void note_socket(struct passage *at, struct __sk_buff *skb)
{
	struct bpf_sock *socket = skb->sk;
	struct bpf_tcp_sock *tcp;

	if (!socket)
		return;
	tcp = bpf_tcp_sock(socket);
	if (!tcp)
		return;
	at->slot->srtt_us = tcp->srtt_us >> 3;
	if (at->stage)
		at->stage->mss = tcp->mss_cache;
}

/* Takes the request that waits, if this packet answers it, and measures its turnaround and stages. */
INLINE void answer_out(struct passage *at, const struct packet *p, bool udp)
{
	struct tw_slot *slot = at->slot;
	__u64 request_ns = slot->request_ns;

	if (!request_ns)
		return;
	if (at->stage && answers_another(at->stage, request_ns, now_of(at), udp, p->sequence + p->payload))
		return;
	request_ns = __sync_lock_test_and_set(&slot->request_ns, 0);
	if (!request_ns)
		return;
	sample_turnaround(slot, at->service, TW_SERIES_TURNAROUND_NEXT, request_ns, now_of(at));
	if (at->stage)
		complete_stages(at->stage, at->service, request_ns, at->now_ns);
}

/* A token begins with this segment, or goes on. */
INLINE void token_out(struct passage *at, struct __sk_buff *skb, const struct packet *p, __u32 end)
{
	struct tw_slot *slot = at->slot;
	__u32 place = tcp_token_place(slot, p);

	if (place >= TW_TOKENS) {
		if (at->stage && slot->rtt_method == TW_RTT_TIMESTAMP)
			extend_token(slot, at->stage, p);
		return;
	}
	note_socket(at, skb);
	if (at->stage)
		at->stage->token_end[place] = end;
	store_token(slot->sent_ns, slot->token, place, tcp_token(slot, p), now_of(at));
}

/* TCP payload out. False: it was sent before. */
INLINE bool segment_out(struct passage *at, struct __sk_buff *skb, const struct packet *p, bool has_rule)
{
	struct tw_slot *slot = at->slot;
	__u32 end = p->sequence + p->payload;

	if (slot->rtt_method == TW_RTT_NONE) {
		slot->rtt_method = has_rule ? TW_RTT_RULE : p->has_timestamps ? TW_RTT_TIMESTAMP : TW_RTT_SEQUENCE;
		slot->highest_seq = p->sequence;
		if (slot->rtt_method == TW_RTT_SEQUENCE)
			slot->unstored = p->sequence;
		else
			slot->last_tsval = p->tsval - 1;
	}
	if (seq_at_or_before(end, slot->highest_seq)) {
		if (slot->rtt_method == TW_RTT_SEQUENCE)
			tcp_drop_ambiguous(slot, p->sequence);
		return false;
	}
	slot->highest_seq = end;
	if (slot->rtt_method != TW_RTT_RULE)
		token_out(at, skb, p, end);
	return true;
}

/* The pace of what the player is sent, and whether anything of him was read since the packet before. */
INLINE void pace_out(struct passage *at, bool udp)
{
	struct tw_stage_slot *stage = at->stage;

	keep_pace(&stage->pace_out, now_of(at));
	if (!udp || !stage->read)
		return;
	if (stage->read == stage->read_at_last_out)
		stage->starved++;
	stage->read_at_last_out = stage->read;
}

/* A packet that completed the stages goes on to the qdisc. Datagrams that are too short to be known again are left out. */
static __noinline int follow_departure(struct __sk_buff *skb, struct tw_stage_slot *stage, const struct packet *p, __u64 now_ns)
{
	__u8 payload[8];

	if (!stage)
		return 0;
	if (p->key.protocol == IPPROTO_TCP)
		stage->departed_tag = p->sequence;
	else if (!bpf_skb_load_bytes(skb, p->header_end, payload, sizeof(payload)))
		stage->departed_tag = payload_tag(payload);
	else
		return 0;
	__sync_lock_test_and_set(&stage->departed_ns, now_ns);
	return 0;
}

INLINE void packet_out(struct __sk_buff *skb, struct packet *p, __u32 found)
{
	struct passage at = {.service = service_number(found)};
	bool udp = p->key.protocol == IPPROTO_UDP;
	__u64 turnarounds_ns;
	__u32 completed = 0;

	at.slot = find_slot(&p->key, &at.number);
	if (!at.slot && (udp || (p->payload && !(p->tcp_flags & TCP_RST))))
		at.slot = take_slot(&p->key, at.service, udp ? 0 : TW_SLOT_SEEDED, false, &at.number);
	if (!at.slot) {
		count_unslotted(at.service, TW_EGRESS, p->segments, p->payload);
		return;
	}
	at.stage = stage_of(at.number);
	__sync_fetch_and_add(&at.slot->packets_bytes_out, packets_and_bytes(p->segments, p->payload));
	if (!udp) {
		if (p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST))
			tcp_control_out(at.slot, p);
		acknowledged_out(at.slot, p);
		if (!p->payload || !segment_out(&at, skb, p, found & TW_PORT_HAS_RULE))
			return;
	}
	turnarounds_ns = at.slot->turnaround_sum_ns;
	if (at.stage)
		completed = at.stage->completed;
	if (found & TW_PORT_HAS_RULE)
		rule_out_skb(skb, p, &at);
	else
		answer_out(&at, p, udp);
	if (at.stage) {
		pace_out(&at, udp);
		if (at.stage->completed != completed)
			follow_departure(skb, at.stage, p, at.now_ns);
	}
	if (settings.features & TW_FEATURE_TICKS)
		burst_out(&p->key, at.service, now_of(&at), at.slot->turnaround_sum_ns - turnarounds_ns);
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
