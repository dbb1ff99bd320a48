/* What it owns: the program behind the qdisc: how long the followed answer waited there after its departure.
 * Who may use it: agent/kernel loads and attaches it.
 * Thread: softirq or the sender's own, on any CPU, for every packet of the machine: watched ports first.
 * SPDX-License-Identifier: GPL-2.0-only */
#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "departure.bpf.h"
#include "find.bpf.h"
#include "sample.bpf.h"
#include "stage.bpf.h"

#define ETH_P_IP 0x0800 /* include/uapi/linux/if_ether.h */
#define ETH_P_IPV6 0x86DD

/* As much of the headers as names the connection. */
struct ipv4_head {
	__u8 before_protocol[9];
	__u8 protocol;
	__be16 checksum;
	__be32 source;
	__be32 destination;
};
struct ipv6_head {
	__u8 before_next[6];
	__u8 next;
	__u8 hop_limit;
	__be32 source[4];
	__be32 destination[4];
};
struct transport_head {
	__be16 source;
	__be16 destination;
	__be32 sequence; /* TCP; of UDP length and checksum */
	__u8 payload[8]; /* UDP */
};

/* The packet's key, and its transport header. False: it is none of a watched service. */
INLINE bool read_heads(struct sk_buff *skb, struct tw_connection_key *key, struct transport_head *transport)
{
	const unsigned char *head = skb->head;
	const unsigned char *network = head + skb->network_header;
	__be16 type = skb->protocol;
	struct ipv4_head ipv4;
	struct ipv6_head ipv6;

	__builtin_memset(key, 0, sizeof(*key));
	if (type != bpf_htons(ETH_P_IP) && type != bpf_htons(ETH_P_IPV6))
		return false;
	if (bpf_probe_read_kernel(transport, sizeof(*transport), head + skb->transport_header))
		return false;
	if (type == bpf_htons(ETH_P_IP)) {
		if (bpf_probe_read_kernel(&ipv4, sizeof(ipv4), network))
			return false;
		key->protocol = ipv4.protocol;
		key->remote_address[2] = key->local_address[2] = bpf_htonl(0xffff);
		key->remote_address[3] = ipv4.destination;
		key->local_address[3] = ipv4.source;
	} else {
		if (bpf_probe_read_kernel(&ipv6, sizeof(ipv6), network))
			return false;
		key->protocol = ipv6.next;
		__builtin_memcpy(key->remote_address, ipv6.destination, 16);
		__builtin_memcpy(key->local_address, ipv6.source, 16);
	}
	key->remote_port = transport->destination;
	key->local_port = transport->source;
	return (key->protocol == IPPROTO_UDP || key->protocol == IPPROTO_TCP) &&
	       service_of(bpf_ntohs(transport->source), key->protocol);
}

/* net/core/dev.c xmit_one(): the driver is given the packet. */
SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(qdisc_tp, struct sk_buff *skb)
{
	struct transport_head transport;
	struct tw_connection_key key;
	struct tw_stage_slot *stage;
	__u64 departed_ns, waited_ns;
	struct tw_slot *slot;
	__u32 number, tag;

	if (!read_heads(skb, &key, &transport))
		return 0;
	slot = find_slot(&key, &number);
	stage = stage_of(number);
	if (!slot || !stage || !stage->departed_ns)
		return 0;
	tag = key.protocol == IPPROTO_TCP ? bpf_ntohl(transport.sequence) : payload_tag(transport.payload);
	if (stage->departed_tag != tag)
		return 0;
	departed_ns = __sync_lock_test_and_set(&stage->departed_ns, 0);
	if (!departed_ns)
		return 0;
	waited_ns = bpf_ktime_get_ns() - departed_ns;
	if (!is_sample(departed_ns, departed_ns + waited_ns))
		return 0;
	sample_service(slot->service, TW_SERIES_STAGE_QDISC, waited_ns, tw_cell(waited_ns, TW_SERVICE_PARTS_LOG2));
	__sync_fetch_and_add(&stage->qdisc_sum_ns, waited_ns);
	stage->qdisc_samples++;
	return 0;
}

char _license[] SEC("license") = "GPL";
