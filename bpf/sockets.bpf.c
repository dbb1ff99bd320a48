/* What it owns: the walk over the kernel's socket tables that gives connections older than the agent their row.
 * Who may use it: agent/kernel runs it when a service begins to be watched.
 * Thread: the agent's own, inside a read() of the iterator; sees the network namespace that opened the iterator.
 * SPDX-License-Identifier: GPL-2.0-only */
#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "socket_key.bpf.h"
#include "table.bpf.h"

INLINE struct tw_slot *seed(struct sock *sk, __u8 protocol, __u32 tcp_state)
{
	struct tw_connection_key key;
	struct tw_slot *slot;
	__u32 service = service_of(local_port(sk, false), protocol);
	__u32 flags = TW_SLOT_SEEDED | (protocol == IPPROTO_TCP ? TW_SLOT_STATE_HOOK : 0);
	__u32 number;

	if (!service || !socket_key(sk, false, protocol, &key) || find_slot(&key, &number))
		return NULL;
	slot = take_slot(&key, service_number(service), flags, false, &number);
	if (slot)
		slot->tcp_state = tcp_state;
	return slot;
}

SEC("iter/tcp")
int seed_tcp(struct bpf_iter__tcp *context)
{
	struct sock_common *common = context->sk_common;
	struct tcp_sock *tcp;
	struct tw_slot *slot;
	__u32 state;

	if (!common)
		return 0;
	tcp = bpf_skc_to_tcp_sock(common); /* NULL: TIME_WAIT and request sockets, which have no life of their own */
	if (!tcp)
		return 0;
	state = common->skc_state;
	if (state == TCP_LISTEN || state == TCP_CLOSE)
		return 0;
	slot = seed((struct sock *)tcp, IPPROTO_TCP, state);
	if (!slot || slot->in_ahead)
		return 0;
	slot->in_end = BPF_CORE_READ(tcp, rcv_nxt);
	slot->in_ahead = TW_STREAM_KNOWN;
	return 0;
}

SEC("iter/udp")
int seed_udp(struct bpf_iter__udp *context)
{
	struct udp_sock *udp = context->udp_sk;

	if (udp)
		seed((struct sock *)udp, IPPROTO_UDP, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
