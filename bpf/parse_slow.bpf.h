/* What it owns: the slow path from a frame to a struct packet, by loads: VLAN tags, IP options, extension headers, TCP options in an
 * unusual order, and headers outside of the linear part.
 * Who may use it: bpf/parse.bpf.h.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_PARSE_SLOW_BPF_H
#define TICKWIRE_PARSE_SLOW_BPF_H

#include "packet.bpf.h"

INLINE long load(void *context, bool from_xdp, __u32 offset, void *to, __u32 bytes)
{
	if (from_xdp)
		return bpf_xdp_load_bytes(context, offset, to, bytes);
	return bpf_skb_load_bytes(context, offset, to, bytes);
}

/* Where the slow path stands. */
struct cursor {
	void *context;
	__u32 offset;
	__u32 end; /* of the TCP options */
	int result;
	__u8 next; /* the IPv6 header that follows */
	bool egress;
	struct packet *packet;
};

/* One IPv6 extension header (RFC 8200 4, AH: RFC 4302) a turn. */
INLINE long walk_extension(__u32 turn, struct cursor *at, bool from_xdp)
{
	__u8 header[2];

	switch (at->next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_AH:
		break;
	case IPPROTO_FRAGMENT:
		at->result = TW_LOSS_FRAGMENT;
		return 1;
	default:
		at->result = PARSED;
		return 1;
	}
	if (turn == TW_IPV6_EXTENSIONS) {
		at->result = TW_LOSS_IPV6_EXTENSIONS;
		return 1;
	}
	if (load(at->context, from_xdp, at->offset, header, sizeof(header))) {
		at->result = TW_LOSS_TRUNCATED;
		return 1;
	}
	at->offset += at->next == IPPROTO_AH ? (header[1] + 2) * 4 : (header[1] + 1) * 8;
	at->next = header[0];
	return 0;
}

/* The verifier wants to know which helper a callback calls, so each kind of context has its own. */
static long walk_extensions_xdp(__u32 turn, void *at)
{
	return walk_extension(turn, at, true);
}

static long walk_extensions_skb(__u32 turn, void *at)
{
	return walk_extension(turn, at, false);
}

/* One TCP option a turn, until the timestamps are found. */
INLINE long walk_tcp_option(struct cursor *at, bool from_xdp)
{
	__u8 option[2];
	__be32 stamps[2];

	if (at->offset >= at->end || load(at->context, from_xdp, at->offset, option, 1) || option[0] == TCP_OPTION_EOL)
		return 1;
	if (option[0] == TCP_OPTION_NOP) {
		at->offset++;
		return 0;
	}
	if (load(at->context, from_xdp, at->offset, option, 2) || option[1] < 2)
		return 1;
	if (option[0] != TCP_OPTION_TIMESTAMP) {
		at->offset += option[1];
		return 0;
	}
	if (option[1] == 10 && at->offset + 10 <= at->end &&
	    !load(at->context, from_xdp, at->offset + 2, stamps, sizeof(stamps))) {
		at->packet->tsval = bpf_ntohl(stamps[0]);
		at->packet->tsecr = bpf_ntohl(stamps[1]);
		at->packet->has_timestamps = 1;
	}
	return 1;
}

static long walk_tcp_options_xdp(__u32 turn, void *at)
{
	return walk_tcp_option(at, true);
}

static long walk_tcp_options_skb(__u32 turn, void *at)
{
	return walk_tcp_option(at, false);
}

/* From the IP header at at->offset to the transport's header: fills protocol, addresses; gives the IP payload's length. */
INLINE int parse_ip_slowly(struct cursor *at, bool from_xdp, struct packet *p, __be16 type, __u32 *l4_bytes)
{
	__u32 ip_offset = at->offset;

	if (type == bpf_htons(ETH_P_IP)) {
		struct iphdr ip;

		if (load(at->context, from_xdp, at->offset, &ip, sizeof(ip)))
			return TW_LOSS_TRUNCATED;
		if (ip.version != 4 || ip.ihl < 5)
			return TW_LOSS_TRUNCATED;
		if (ip.frag_off & bpf_htons(IP_FRAGMENT_MASK))
			return TW_LOSS_FRAGMENT;
		set_v4(p, at->egress, &ip);
		set_protocol(p, ip.protocol);
		at->offset += ip.ihl * 4;
		*l4_bytes = bpf_ntohs(ip.tot_len) - ip.ihl * 4; /* below 0: more than any frame has, see lengths_fit() */
		return PARSED;
	}
	if (type == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr ip;

		if (load(at->context, from_xdp, at->offset, &ip, sizeof(ip)))
			return TW_LOSS_TRUNCATED;
		if (ip.version != 6)
			return TW_LOSS_TRUNCATED;
		set_v6(p, at->egress, &ip);
		at->offset += sizeof(ip);
		at->next = ip.nexthdr;
		at->result = TW_LOSS_IPV6_EXTENSIONS;
		bpf_loop(TW_IPV6_EXTENSIONS + 1, from_xdp ? walk_extensions_xdp : walk_extensions_skb, at, 0);
		set_protocol(p, at->next);
		*l4_bytes = bpf_ntohs(ip.payload_len) + sizeof(ip) - (at->offset - ip_offset);
		return at->result;
	}
	return TW_SKIP_NOT_IP;
}

/* Any frame. */
INLINE int parse_slow(void *context, bool from_xdp, bool egress, struct packet *p)
{
	struct cursor at = {.context = context, .egress = egress, .packet = p, .offset = sizeof(struct ethhdr)};
	struct {
		__be16 tag;
		__be16 type;
	} vlan;
	__u32 l4_bytes = 0;
	__be16 type;
	int result;

	if (load(context, from_xdp, offsetof(struct ethhdr, h_proto), &type, sizeof(type)))
		return TW_LOSS_TRUNCATED;
	for (int depth = 0; depth < 3; depth++) {
		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		if (depth == 2)
			return TW_LOSS_VLAN_DEPTH;
		if (load(context, from_xdp, at.offset, &vlan, sizeof(vlan)))
			return TW_LOSS_TRUNCATED;
		type = vlan.type;
		at.offset += sizeof(vlan);
	}
	result = parse_ip_slowly(&at, from_xdp, p, type, &l4_bytes);
	if (result != PARSED)
		return result;
	p->l4_offset = at.offset;
	if (p->key.protocol == IPPROTO_UDP) {
		struct udphdr udp;

		if (load(context, from_xdp, at.offset, &udp, sizeof(udp)))
			return TW_LOSS_TRUNCATED;
		set_udp(p, egress, &udp);
		p->header_end = at.offset + sizeof(udp);
		p->payload = l4_bytes - sizeof(udp);
		return PARSED;
	}
	if (p->key.protocol == IPPROTO_TCP) {
		struct tcphdr tcp;

		if (load(context, from_xdp, at.offset, &tcp, sizeof(tcp)) || tcp.doff < 5)
			return TW_LOSS_TRUNCATED;
		set_tcp(p, egress, &tcp);
		p->header_end = at.offset + tcp.doff * 4;
		p->payload = l4_bytes - tcp.doff * 4;
		p->has_timestamps = 0;
		if (!(p->tcp_flags & TCP_SYN)) {
			at.offset += sizeof(tcp);
			at.end = p->header_end;
			bpf_loop(40, from_xdp ? walk_tcp_options_xdp : walk_tcp_options_skb, &at, 0);
		}
		return PARSED;
	}
	return TW_SKIP_NOT_TCP_UDP;
}

static __noinline int parse_slow_xdp(void *context, struct packet *p)
{
	return parse_slow(context, true, false, p);
}

static __noinline int parse_slow_skb(void *context, bool egress, struct packet *p)
{
	return parse_slow(context, false, egress, p);
}

#endif
