/* What it owns: from a read or a write on a UDP socket, which tell the player's address, to the connection. The local address of a
 * socket that is bound to any is learned from the packets that were delivered to it.
 * Who may use it: bpf/socket_stages.bpf.c.
 * Thread: programs on any CPU.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_PEER_BPF_H
#define TICKWIRE_PEER_BPF_H

#include "stage.bpf.h"

INLINE bool same_address(const __be32 *a, const __be32 *b)
{
	return a[3] == b[3] && a[2] == b[2] && a[1] == b[1] && a[0] == b[0];
}

/* A socket's first datagram, or its first one to this local address: rare. */
static __noinline int add_address(__u64 cookie, const struct tw_connection_key *key)
{
	struct tw_socket_addresses *known = bpf_map_lookup_elem(&socket_addresses, &cookie);
	struct tw_socket_addresses first = {.count = 1};
	__u32 place;

	if (!known) {
		__builtin_memcpy(first.address[0], key->local_address, 16);
		bpf_map_update_elem(&socket_addresses, &cookie, &first, BPF_NOEXIST);
		return 0;
	}
	place = known->count;
	if (place >= TW_SOCKET_ADDRESSES) {
		count_loss(TW_LOSS_SOCKET_ADDRESS);
		return 0;
	}
	__builtin_memcpy(known->address[place], key->local_address, 16);
	known->count = place + 1;
	return 0;
}

/* A datagram is delivered to the socket. */
INLINE void note_address(__u64 cookie, const struct tw_connection_key *key)
{
	struct tw_socket_addresses *known = bpf_map_lookup_elem(&socket_addresses, &cookie);

#pragma unroll
	for (int i = 0; known && i < TW_SOCKET_ADDRESSES; i++) {
		if (same_address(known->address[i], key->local_address))
			return;
	}
	add_address(cookie, key);
}

/* The connection of a socket with the player's address; NULL: not watched, not known, or without stages. */
INLINE struct tw_stage_slot *peer_stage(struct bpf_sock_addr *context, const __be32 *remote)
{
	struct bpf_sock *socket = context->sk;
	struct tw_connection_key key = {.protocol = IPPROTO_UDP, .remote_port = context->user_port};
	struct tw_socket_addresses *known;
	__u32 *number = NULL;
	__u64 cookie;

	if (!socket || context->protocol != IPPROTO_UDP || !service_of(socket->src_port, IPPROTO_UDP))
		return NULL;
	cookie = bpf_get_socket_cookie(context);
	known = bpf_map_lookup_elem(&socket_addresses, &cookie);
	if (!known)
		return NULL;
	key.local_port = bpf_htons(socket->src_port);
	__builtin_memcpy(key.remote_address, remote, 16);
	for (__u32 i = 0; i < TW_SOCKET_ADDRESSES && i < known->count && !number; i++) {
		__builtin_memcpy(key.local_address, known->address[i], 16);
		number = bpf_map_lookup_elem(&connections, &key);
	}
	return number ? stage_of(*number) : NULL;
}

#endif
