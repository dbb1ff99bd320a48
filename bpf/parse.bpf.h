/* What it owns: from a frame to a struct packet: a fast path by direct access for the usual frame, and the way to the slow one.
 * Who may use it: bpf/.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_PARSE_BPF_H
#define TICKWIRE_PARSE_BPF_H

#include "parse_slow.bpf.h"

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

		if ((void *)(ip + 1) > data_end || *(__u8 *)ip >> 4 != 6)
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
		set_udp(p, egress, udp);
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

INLINE int parse(void *context, void *data, void *data_end, bool from_xdp, bool egress, struct packet *p)
{
	int result = parse_fast(data, data_end, egress, p);

	if (result != TRY_SLOWLY)
		return result;
	return from_xdp ? parse_slow_xdp(context, p) : parse_slow_skb(context, egress, p);
}

#endif
