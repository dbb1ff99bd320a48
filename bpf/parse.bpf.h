/* What it owns: from a frame to a struct packet. A fast path by direct access for the usual frame, and a slow path by loads for
 * VLAN tags, IP options, extension headers, unusual TCP options and headers outside of the linear part.
 * Who may use it: bpf/.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_PARSE_BPF_H
#define TICKWIRE_PARSE_BPF_H

#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "common.bpf.h"

#define IP_FRAGMENT_MASK 0x3fff /* more-fragments flag and offset, RFC 791 */
#define IPV4_NO_OPTIONS 0x45
#define TCP_OPTION_EOL 0
#define TCP_OPTION_NOP 1
#define TCP_OPTION_TIMESTAMP 8      /* RFC 7323 3.2 */
#define TIMESTAMP_LAYOUT 0x0101080a /* NOP NOP kind 8 length 10: how every common stack sends it */

/* What the programs want to know of a frame. The key is in network order, the rest in host order. */
struct packet {
	struct tw_connection_key key;
	__u8 tcp_flags;
	__u8 has_timestamps;
	__u16 local_port;
	__u32 sequence;
	__u32 acknowledged;
	__u32 tsval;
	__u32 tsecr;
	__u32 payload;    /* bytes of TCP or UDP payload */
	__u32 l4_offset;  /* of the TCP or UDP header in the frame */
	__u32 header_end; /* of the TCP or UDP header, its options included */
};

enum { PARSED = -1, TRY_SLOWLY = -2 }; /* anything else is an enum tw_loss */

/* On the way out the source is ours. */
INLINE void set_v4(struct packet *p, bool egress, const struct iphdr *ip)
{
	p->key.remote_address[0] = p->key.remote_address[1] = p->key.local_address[0] = p->key.local_address[1] = 0;
	p->key.remote_address[2] = p->key.local_address[2] = bpf_htonl(0xffff);
	p->key.remote_address[3] = egress ? ip->daddr : ip->saddr;
	p->key.local_address[3] = egress ? ip->saddr : ip->daddr;
}

INLINE void set_v6(struct packet *p, bool egress, const struct ipv6hdr *ip)
{
	__builtin_memcpy(p->key.remote_address, egress ? &ip->daddr : &ip->saddr, 16);
	__builtin_memcpy(p->key.local_address, egress ? &ip->saddr : &ip->daddr, 16);
}

INLINE void set_ports(struct packet *p, bool egress, __be16 source, __be16 destination)
{
	p->key.remote_port = egress ? destination : source;
	p->key.local_port = egress ? source : destination;
	p->local_port = bpf_ntohs(p->key.local_port);
}

INLINE void set_protocol(struct packet *p, __u8 protocol)
{
	p->key.protocol = protocol;
	p->key._pad[0] = p->key._pad[1] = p->key._pad[2] = 0;
}

INLINE void set_tcp(struct packet *p, bool egress, const struct tcphdr *tcp)
{
	set_ports(p, egress, tcp->source, tcp->dest);
	p->sequence = bpf_ntohl(tcp->seq);
	p->acknowledged = bpf_ntohl(tcp->ack_seq);
	p->tcp_flags = ((const __u8 *)tcp)[13];
}

/* The usual frame: Ethernet, IPv4 without options or IPv6 without extension headers, all headers in the linear part. */
INLINE int parse_fast(void *data, void *data_end, bool egress, struct packet *p)
{
	struct ethhdr *ethernet = data;
	__u32 l4_bytes; /* IP payload: the transport's header and what follows it */
	void *l4;

	if ((void *)(ethernet + 1) > data_end)
		return TW_LOSS_TRUNCATED;
	if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = (void *)(ethernet + 1);

		if ((void *)(ip + 1) > data_end || *(__u8 *)ip != IPV4_NO_OPTIONS)
			return TRY_SLOWLY;
		if (ip->frag_off & bpf_htons(IP_FRAGMENT_MASK))
			return TW_LOSS_FRAGMENT;
		set_protocol(p, ip->protocol);
		l4_bytes = bpf_ntohs(ip->tot_len) - sizeof(*ip);
		set_v4(p, egress, ip);
		l4 = ip + 1;
		p->l4_offset = sizeof(*ethernet) + sizeof(*ip);
	} else if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip = (void *)(ethernet + 1);

		if ((void *)(ip + 1) > data_end)
			return TRY_SLOWLY;
		set_protocol(p, ip->nexthdr);
		l4_bytes = bpf_ntohs(ip->payload_len);
		set_v6(p, egress, ip);
		l4 = ip + 1;
		p->l4_offset = sizeof(*ethernet) + sizeof(*ip);
	} else {
		return TRY_SLOWLY;
	}

	if (p->key.protocol == IPPROTO_UDP) {
		struct udphdr *udp = l4;

		if ((void *)(udp + 1) > data_end)
			return TRY_SLOWLY;
		set_ports(p, egress, udp->source, udp->dest);
		p->header_end = p->l4_offset + sizeof(*udp);
		p->payload = l4_bytes - sizeof(*udp);
		return PARSED;
	}
	if (p->key.protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = l4;
		__be32 *options = (void *)(tcp + 1);
		__u32 header_bytes;

		if ((void *)(tcp + 1) > data_end)
			return TRY_SLOWLY;
		header_bytes = tcp->doff * 4;
		set_tcp(p, egress, tcp);
		p->header_end = p->l4_offset + header_bytes;
		p->payload = l4_bytes - header_bytes;
		p->has_timestamps = 0;
		if (header_bytes == sizeof(*tcp) || p->tcp_flags & TCP_SYN)
			return header_bytes < sizeof(*tcp) ? TW_LOSS_TRUNCATED : PARSED;
		if ((void *)(options + 3) > data_end || options[0] != bpf_htonl(TIMESTAMP_LAYOUT) || header_bytes < 32)
			return TRY_SLOWLY;
		p->tsval = bpf_ntohl(options[1]);
		p->tsecr = bpf_ntohl(options[2]);
		p->has_timestamps = 1;
		return PARSED;
	}
	return TRY_SLOWLY;
}

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
		if (ip.version != 4 || ip.ihl < 5 || bpf_ntohs(ip.tot_len) < ip.ihl * 4)
			return TW_LOSS_TRUNCATED;
		if (ip.frag_off & bpf_htons(IP_FRAGMENT_MASK))
			return TW_LOSS_FRAGMENT;
		set_v4(p, at->egress, &ip);
		set_protocol(p, ip.protocol);
		at->offset += ip.ihl * 4;
		*l4_bytes = bpf_ntohs(ip.tot_len) - ip.ihl * 4;
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
		set_ports(p, egress, udp.source, udp.dest);
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

INLINE int parse(void *context, void *data, void *data_end, bool from_xdp, bool egress, struct packet *p)
{
	int result = parse_fast(data, data_end, egress, p);

	if (result != TRY_SLOWLY)
		return result;
	return from_xdp ? parse_slow_xdp(context, p) : parse_slow_skb(context, egress, p);
}

#endif
