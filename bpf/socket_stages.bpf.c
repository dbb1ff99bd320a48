/* What it owns: the programs at the root cgroup: a packet is handed to its socket, a datagram is read or written, and, where nothing
 * better tells, TCP's first packet of an answer.
 * Who may use it: agent/kernel loads and attaches them.
 * Thread: softirq or the game's own threads, on any CPU, for every socket of the machine: watched ports first. All allow.
 * SPDX-License-Identifier: GPL-2.0-only */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "parse_socket.bpf.h"
#include "peer.bpf.h"
#include "stage.bpf.h"

enum { ALLOW = 1 };

/* A datagram of the player goes into the queue behind those that wait; if the socket has no room for it, udp_refused_tp takes it back. */
INLINE void datagram_delivered(struct tw_stage_slot *stage, __u32 number, __u32 tag)
{
	__u32 waiting = stage->queued - stage->read;
	__u32 zero = 0;
	struct tw_delivery *newest = bpf_map_lookup_elem(&deliveries, &zero);

	stage->waiting_sum += waiting;
	if (waiting > stage->waiting_max)
		stage->waiting_max = waiting;
	stage->queued++;
	if (newest) {
		newest->number = number;
		newest->valid = 1;
	}
	if (!stage->arrived_ns || stage->delivered_ns || stage->tag != tag)
		return;
	stage->place = stage->queued;
	__sync_lock_test_and_set(&stage->delivered_ns, bpf_ktime_get_ns());
}

SEC("cgroup_skb/ingress")
int socket_in(struct __sk_buff *skb)
{
	struct tw_stage_slot *stage;
	struct packet p;
	__u32 number;

	if (!parse_socket(skb, false, &p) || !find_slot(&p.key, &number))
		return ALLOW;
	stage = stage_of(number);
	if (!stage)
		return ALLOW;
	if (p.key.protocol == IPPROTO_UDP) {
		note_address(bpf_get_socket_cookie(skb), &p.key);
		datagram_delivered(stage, number, p.udp_tag);
		return ALLOW;
	}
	if (stage->arrived_ns && !stage->delivered_ns && !seq_at_or_before(stage->tag, p.sequence) &&
	    seq_at_or_before(stage->tag, p.sequence + p.payload))
		__sync_lock_test_and_set(&stage->delivered_ns, bpf_ktime_get_ns());
	return ALLOW;
}

/* Where the kernel tells of no write: the first packet with payload after the read. What it waited for a window, or for more to send,
 * then counts as the game's. */
SEC("cgroup_skb/egress")
int tcp_write_skb(struct __sk_buff *skb)
{
	struct tw_stage_slot *stage;
	struct packet p;
	__u32 number;

	if (!parse_socket(skb, true, &p) || p.key.protocol != IPPROTO_TCP || !find_slot(&p.key, &number))
		return ALLOW;
	stage = stage_of(number);
	if (stage)
		note_write(stage, false, p.sequence);
	return ALLOW;
}

/* A datagram of the player was read; FIFO, so that its place in the queue tells which. */
INLINE void udp_read(struct bpf_sock_addr *context, const __be32 *remote)
{
	struct tw_stage_slot *stage = peer_stage(context, remote);
	__u32 read;

	if (!stage)
		return;
	read = __sync_fetch_and_add(&stage->read, 1) + 1;
	if ((__s32)(stage->queued - read) < 0) {
		/* More reads than datagrams: the game peeks, or the queue is older than the agent. */
		stage->read = stage->queued;
		stage->resyncs++;
		if (stage->delivered_ns)
			drop_request(stage, TW_LOSS_STAGE_PEEKED);
		return;
	}
	if (stage->arrived_ns && stage->delivered_ns && !stage->read_ns && seq_at_or_before(stage->place, read))
		__sync_lock_test_and_set(&stage->read_ns, bpf_ktime_get_ns());
}

INLINE void udp_write(struct bpf_sock_addr *context, const __be32 *remote)
{
	struct tw_stage_slot *stage = peer_stage(context, remote);

	if (stage)
		note_write(stage, true, 0);
}

INLINE void mapped_address(const struct bpf_sock_addr *context, __be32 *remote)
{
	remote[0] = remote[1] = 0;
	remote[2] = bpf_htonl(0xffff);
	remote[3] = context->user_ip4;
}

INLINE void full_address(const struct bpf_sock_addr *context, __be32 *remote)
{
	remote[0] = context->user_ip6[0];
	remote[1] = context->user_ip6[1];
	remote[2] = context->user_ip6[2];
	remote[3] = context->user_ip6[3];
}

SEC("cgroup/recvmsg4")
int udp_read4(struct bpf_sock_addr *context)
{
	__be32 remote[4];

	mapped_address(context, remote);
	udp_read(context, remote);
	return ALLOW;
}

SEC("cgroup/recvmsg6")
int udp_read6(struct bpf_sock_addr *context)
{
	__be32 remote[4];

	full_address(context, remote);
	udp_read(context, remote);
	return ALLOW;
}

SEC("cgroup/sendmsg4")
int udp_write4(struct bpf_sock_addr *context)
{
	__be32 remote[4];

	mapped_address(context, remote);
	udp_write(context, remote);
	return ALLOW;
}

SEC("cgroup/sendmsg6")
int udp_write6(struct bpf_sock_addr *context)
{
	__be32 remote[4];

	full_address(context, remote);
	udp_write(context, remote);
	return ALLOW;
}

char _license[] SEC("license") = "GPL";
