/* What it owns: from a packet at its socket, where it begins with the IP header, to a struct packet.
 * Who may use it: bpf/socket_stages.bpf.c.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_PARSE_SOCKET_BPF_H
#define TICKWIRE_PARSE_SOCKET_BPF_H

#include "packet.bpf.h"

/* UDP, or TCP with payload, of a watched service; TCP's timestamps are left out. False: anything else, and IP options or extension
 * headers: what is not followed here is counted where its request is answered. */
INLINE bool parse_socket(struct __sk_buff *skb, bool egress, struct packet *p)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;
	struct ipv6hdr *ipv6 = data;
	struct iphdr *ipv4 = data;
	void *l4;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if ((void *)(ipv4 + 1) > data_end || *(__u8 *)data != IPV4_NO_OPTIONS)
			return false;
		set_protocol(p, ipv4->protocol);
		set_v4(p, egress, ipv4);
		l4 = ipv4 + 1;
		p->l4_offset = sizeof(*ipv4);
	} else {
		if (skb->protocol != bpf_htons(ETH_P_IPV6) || (void *)(ipv6 + 1) > data_end)
			return false;
		set_protocol(p, ipv6->nexthdr);
		set_v6(p, egress, ipv6);
		l4 = ipv6 + 1;
		p->l4_offset = sizeof(*ipv6);
	}
	if (p->key.protocol == IPPROTO_UDP) {
		if (l4 + sizeof(struct udphdr) > data_end)
			return false;
		set_udp(p, egress, l4);
		return service_of(p->local_port, IPPROTO_UDP);
	}
	if (p->key.protocol != IPPROTO_TCP || l4 + sizeof(struct tcphdr) > data_end)
		return false;
	set_tcp(p, egress, l4);
	p->payload = skb->len - p->l4_offset - ((struct tcphdr *)l4)->doff * 4;
	return p->payload && service_of(p->local_port, IPPROTO_TCP);
}

#endif
