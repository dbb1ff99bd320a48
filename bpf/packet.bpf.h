/* What it owns: struct packet, what the programs want to know of a frame, and how its parts are set.
 * Who may use it: bpf/; the two parsers fill it.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_PACKET_BPF_H
#define TICKWIRE_PACKET_BPF_H

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
	__u32 udp_tag;    /* UDP: checksum << 16 | length */
	__u32 payload;    /* bytes of TCP or UDP payload */
	__u32 segments;   /* packets on the wire of which this is the merged form; 1 for most */
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

INLINE void set_udp(struct packet *p, bool egress, const struct udphdr *udp)
{
	set_ports(p, egress, udp->source, udp->dest);
	p->udp_tag = (__u32)udp->check << 16 | udp->len;
}

INLINE void set_tcp(struct packet *p, bool egress, const struct tcphdr *tcp)
{
	set_ports(p, egress, tcp->source, tcp->dest);
	p->sequence = bpf_ntohl(tcp->seq);
	p->acknowledged = bpf_ntohl(tcp->ack_seq);
	p->tcp_flags = ((const __u8 *)tcp)[13];
}

#endif
