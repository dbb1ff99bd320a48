/* What it owns: the programs that stamp a followed request inside the kernel: TCP's reads and writes, and datagrams that a socket refused.
 * Who may use it: agent/kernel, which loads each alone, of the write programs the first that works.
 * Thread: the game's own threads, or softirq, on any CPU, in every network namespace: watched ports first.
 * SPDX-License-Identifier: GPL-2.0-only */
#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "netns.bpf.h"
#include "socket_key.bpf.h"
#include "stage.bpf.h"

/* NULL: not a watched service's, not in the table, or without stages. */
INLINE struct tw_stage_slot *tcp_stage(struct sock *sk, bool direct)
{
	struct tw_connection_key key;
	__u32 number;

	if (!service_of(local_port(sk, direct), IPPROTO_TCP) || !socket_key(sk, direct, IPPROTO_TCP, &key) ||
	    !find_slot(&key, &number))
		return NULL;
	return stage_of(number);
}

/* net/ipv4/tcp_input.c tcp_rcv_space_adjust(): after each copy to the game. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(tcp_read_tp, struct sock *sk)
{
	struct tw_stage_slot *stage = tcp_stage(sk, true);

	if (!stage)
		return 0;
	stage->read++;
	if (stage->arrived_ns && stage->delivered_ns && !stage->read_ns &&
	    seq_at_or_before(stage->tag, BPF_CORE_READ((struct tcp_sock *)sk, copied_seq)))
		__sync_lock_test_and_set(&stage->read_ns, bpf_ktime_get_ns());
	return 0;
}

INLINE void tcp_write(struct sock *sk, bool direct)
{
	struct tw_stage_slot *stage = tcp_stage(sk, direct);

	if (stage)
		note_write(stage, false, BPF_CORE_READ((struct tcp_sock *)sk, write_seq));
}

/* net/ipv4/tcp.c tcp_sendmsg_locked(), where it begins to take the game's bytes. */
SEC("tp_btf/tcp_sendmsg_locked")
int BPF_PROG(tcp_write_tp, struct sock *sk)
{
	tcp_write(sk, true);
	return 0;
}

SEC("fentry/tcp_sendmsg")
int BPF_PROG(tcp_write_fentry, struct sock *sk)
{
	tcp_write(sk, true);
	return 0;
}

SEC("kprobe/tcp_sendmsg")
int BPF_KPROBE(tcp_write_kprobe, struct sock *sk)
{
	tcp_write(sk, false);
	return 0;
}

/* net/ipv4/udp.c, net/ipv6/udp.c: no room in the socket's buffer. The datagram has passed socket_in just now on this CPU; one of another
 * network namespace has not, and what passed before it is somebody else's. */
SEC("tp_btf/udp_fail_queue_rcv_skb")
int BPF_PROG(udp_refused_tp, int error, struct sock *sk)
{
	__u32 zero = 0;
	struct tw_delivery *newest = bpf_map_lookup_elem(&deliveries, &zero);
	struct tw_stage_slot *stage;
	struct tw_slot *slot;
	__u32 number;

	if (!newest || !newest->valid || !service_of(local_port(sk, true), IPPROTO_UDP) || !in_own_netns(sk))
		return 0;
	newest->valid = 0;
	number = newest->number;
	stage = stage_of(number);
	slot = bpf_map_lookup_elem(&connection_slots, &number);
	if (!stage || !slot)
		return 0;
	stage->refused++;
	/* The followed request itself: nobody will answer it, the next one is followed. */
	if (stage->arrived_ns && stage->delivered_ns && !stage->read_ns && stage->place == stage->queued) {
		__sync_lock_test_and_set(&stage->arrived_ns, 0);
		__sync_lock_test_and_set(&slot->request_ns, 0);
	}
	__sync_fetch_and_add(&stage->queued, -1);
	return 0;
}

char _license[] SEC("license") = "GPL";
