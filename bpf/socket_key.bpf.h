/* What it owns: from a kernel socket to the key that its packets have, and to the service that it belongs to.
 * Who may use it: bpf/ programs on kernel state.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_SOCKET_KEY_BPF_H
#define TICKWIRE_SOCKET_KEY_BPF_H

#include "vmlinux_min.h"

#include <bpf/bpf_core_read.h>

#include "common.bpf.h"

/* Local port, host order. */
INLINE __u32 local_port(struct sock *sk)
{
	__u32 port = BPF_CORE_READ(sk, __sk_common.skc_num);

	return port ? port : bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
}

/* False for sockets of other families and for those without a remote end (listening ones). */
INLINE bool socket_key(struct sock *sk, __u8 protocol, struct tw_connection_key *key)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	__builtin_memset(key, 0, sizeof(*key));
	key->remote_port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	key->local_port = bpf_htons(local_port(sk));
	key->protocol = protocol;
	if (family == AF_INET) {
		key->remote_address[2] = key->local_address[2] = bpf_htonl(0xffff);
		key->remote_address[3] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		key->local_address[3] = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	} else if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&key->remote_address, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32);
		BPF_CORE_READ_INTO(&key->local_address, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32);
	} else {
		return false;
	}
	return key->remote_port != 0;
}

#endif
