/* What it owns: from a kernel socket to the key that its packets have, and to the service that it belongs to.
 * Who may use it: bpf/ programs on kernel state.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_SOCKET_KEY_BPF_H
#define TICKWIRE_SOCKET_KEY_BPF_H

#include "vmlinux_min.h"

#include <bpf/bpf_core_read.h>

#include "common.bpf.h"

/* A field of a socket. direct, a constant: the program was given the socket by the kernel with its type (BTF tracepoints, fentry), so a
 * plain load will do; of a kprobe's argument the verifier knows nothing, and each read is a helper's call. */
#define SOCKET_FIELD(direct, sk, field) ((direct) ? (sk)->field : BPF_CORE_READ(sk, field))

/* Local port, host order. */
INLINE __u32 local_port(struct sock *sk, bool direct)
{
	__u32 port = SOCKET_FIELD(direct, sk, __sk_common.skc_num);

	return port ? port : bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
}

/* False for sockets of other families and for those without a remote end (listening ones). */
INLINE bool socket_key(struct sock *sk, bool direct, __u8 protocol, struct tw_connection_key *key)
{
	__u16 family = SOCKET_FIELD(direct, sk, __sk_common.skc_family);

	__builtin_memset(key, 0, sizeof(*key));
	key->remote_port = SOCKET_FIELD(direct, sk, __sk_common.skc_dport);
	key->local_port = bpf_htons(local_port(sk, direct));
	key->protocol = protocol;
	if (family == AF_INET) {
		key->remote_address[2] = key->local_address[2] = bpf_htonl(0xffff);
		key->remote_address[3] = SOCKET_FIELD(direct, sk, __sk_common.skc_daddr);
		key->local_address[3] = SOCKET_FIELD(direct, sk, __sk_common.skc_rcv_saddr);
	} else if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&key->remote_address, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32);
		BPF_CORE_READ_INTO(&key->local_address, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32);
	} else {
		return false;
	}
	return key->remote_port != 0;
}

#endif
