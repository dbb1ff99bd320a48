/* What it owns: the programs that follow TCP sockets: changes of state by one of three hooks, and retransmissions.
 * Who may use it: agent/kernel, which loads one state program, the first that works.
 * Thread: whoever changes the socket, on any CPU, in every network namespace: watched ports first.
 * SPDX-License-Identifier: GPL-2.0-only */
#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "event.bpf.h"
#include "netns.bpf.h"
#include "socket_key.bpf.h"
#include "table.bpf.h"

enum { ECONNRESET = 104, EPIPE = 32, ETIMEDOUT = 110 }; /* include/uapi/asm-generic/errno.h */

/* Why a socket ends that was never told to close: sk_err, net/ipv4/tcp_input.c tcp_reset(), tcp_timer.c tcp_write_err(). */
INLINE __u8 reason_of(int socket_error)
{
	switch (socket_error) {
	case 0:
		return TW_CLOSE_LOCAL_RST;
	case ETIMEDOUT:
		return TW_CLOSE_TIMEOUT;
	case ECONNRESET:
	case EPIPE:
		return TW_CLOSE_REMOTE_RST;
	default:
		return TW_CLOSE_TIMEOUT; /* an ICMP error after retransmissions: EHOSTUNREACH, ENETUNREACH */
	}
}

INLINE void change_slot(struct tw_slot *slot, __u32 number, __u32 from, __u32 to, int socket_error)
{
	__u64 now_ns = bpf_ktime_get_ns();

	__sync_fetch_and_or(&slot->flags, TW_SLOT_STATE_HOOK);
	slot->tcp_state = to;
	if (to == TCP_ESTABLISHED && !slot->established_ns)
		slot->established_ns = now_ns;
	/* Who closes first is the reason, whatever follows. */
	if (!slot->close_reason && to == TCP_FIN_WAIT1)
		slot->close_reason = TW_CLOSE_LOCAL_FIN;
	else if (!slot->close_reason && to == TCP_CLOSE_WAIT)
		slot->close_reason = TW_CLOSE_REMOTE_FIN;
	if (to == TCP_CLOSE) {
		if (!slot->close_reason)
			slot->close_reason = reason_of(socket_error);
		slot->closed_ns = now_ns;
	}
	tell_state(slot, number, from, to, now_ns);
}

/* A socket enters a state. `from` is TCP_LISTEN for listening sockets that close. */
INLINE void handle_state(struct sock *sk, __u32 from, __u32 to)
{
	struct tw_service_counters *counters;
	struct tw_connection_key key;
	struct tw_slot *slot;
	__u32 service, number;

	service = service_of(local_port(sk, false), IPPROTO_TCP);
	if (!service || from == TCP_LISTEN || to == TCP_LISTEN || from == to || to >= TW_TCP_STATES)
		return;
	service = service_number(service);
	if (!socket_key(sk, false, IPPROTO_TCP, &key))
		return;
	slot = find_slot(&key, &number);
	/* A container's socket is followed once its packets have passed our interface; before that it only has the same port. */
	if (!slot && !in_own_netns(sk))
		return;
	counters = bpf_map_lookup_elem(&service_counters, &service);
	barrier_var(to); /* the compiler knows the bound from above, the verifier has lost it: state it again */
	if (counters)
		__sync_fetch_and_add(&counters->transitions[to & (TW_TCP_STATES - 1)], 1);
	if (!slot && to == TCP_ESTABLISHED)
		slot = take_slot(&key, service, 0, false, &number);
	if (slot)
		change_slot(slot, number, from, to, BPF_CORE_READ(sk, sk_err));
}

SEC("fentry/tcp_set_state")
int BPF_PROG(state_fentry, struct sock *sk, int state)
{
	handle_state(sk, BPF_CORE_READ(sk, __sk_common.skc_state), state);
	return 0;
}

SEC("kprobe/tcp_set_state")
int BPF_KPROBE(state_kprobe, struct sock *sk, int state)
{
	handle_state(sk, BPF_CORE_READ(sk, __sk_common.skc_state), state);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_tp, struct sock *sk, int from, int to)
{
	if (BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP) /* MPTCP, DCCP and SCTP come by here too */
		handle_state(sk, from, to);
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(retransmit_tp, struct sock *sk)
{
	struct tw_service_counters *counters;
	struct tw_connection_key key;
	struct tw_slot *slot;
	__u32 service = service_of(local_port(sk, false), IPPROTO_TCP);
	__u32 number;

	if (!service || !socket_key(sk, false, IPPROTO_TCP, &key))
		return 0;
	service = service_number(service);
	slot = find_slot(&key, &number);
	if (!slot && !in_own_netns(sk))
		return 0;
	counters = bpf_map_lookup_elem(&service_counters, &service);
	if (counters)
		__sync_fetch_and_add(&counters->retransmissions, 1);
	if (slot)
		__sync_fetch_and_add(&slot->retransmissions, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
