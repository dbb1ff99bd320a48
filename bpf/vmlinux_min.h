/* What it owns: the kernel's own structures, only the fields that are read. CO-RE relocates them by name on the running kernel.
 * Who may use it: bpf/ programs on kernel state (never together with the linux/ headers that define the same names).
 * Thread: none, declarations only.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_VMLINUX_MIN_H
#define TICKWIRE_VMLINUX_MIN_H

#include <linux/ptrace.h> /* struct pt_regs, what a kprobe is given */
#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* include/uapi/linux/in6.h */
struct in6_addr {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};

/* include/linux/ns_common.h: the number that /proc/PID/ns/net shows */
struct ns_common {
	unsigned int inum;
};

/* include/net/net_namespace.h */
struct net {
	struct ns_common ns;
};
typedef struct {
	struct net *net;
} possible_net_t;

/* include/net/sock.h */
struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num; /* local port, host order; 0 once the socket is unhashed */
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	int sk_err;
	unsigned short sk_protocol; /* 16 bits since 5.6 */
};

/* include/net/inet_sock.h */
struct inet_sock {
	struct sock sk;
	__be16 inet_sport; /* local port; stays when skc_num is gone */
};

/* include/linux/tcp.h */
struct tcp_sock {
	struct inet_sock inet_conn_base; /* never read through: only its address counts */
	__u32 copied_seq;                /* next byte that the game will read */
	__u32 rcv_nxt;                   /* next byte that the stream lacks */
	__u32 write_seq;                 /* where its next write begins */
	__u32 srtt_us;                   /* smoothed rtt << 3 */
	__u32 total_retrans;
};

/* include/linux/skbuff.h */
struct sk_buff {
	unsigned char *head;
	__u16 transport_header; /* offsets from head */
	__u16 network_header;
	__be16 protocol;
};

/* include/linux/bpf.h, kernel/bpf/bpf_iter.c */
struct seq_file {
	void *private;
};
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};
struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};
struct udp_sock {
	struct inet_sock inet;
};
struct bpf_iter__udp {
	struct bpf_iter_meta *meta;
	struct udp_sock *udp_sk;
};

#pragma clang attribute pop

#define AF_INET 2
#define AF_INET6 10

#endif
