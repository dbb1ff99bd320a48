/* What it owns: what the packet programs are measured beside: a program that does nothing, and the least that can tell
 * connections apart: read the headers, look a 40-byte key up in one hash, add one to a counter.
 * Who may use it: tests/bench/runner.cc.
 * Thread: one test run at a time.
 * SPDX-License-Identifier: GPL-2.0-only */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "tickwire/connection.h"

/* Connection -> packets. Full: the packet is not counted. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, struct tw_connection_key);
  __type(value, __u64);
} counts SEC(".maps");

/* Frames without VLAN tags, options and extension headers, which is what the bench sends. */
static __always_inline int read_key(void* data, void* data_end, int out, struct tw_connection_key* key) {
  struct ethhdr* ethernet = data;
  struct udphdr* ports; /* TCP has them in the same place */

  if ((void*)(ethernet + 1) > data_end) return -1;
  if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr* ip = (void*)(ethernet + 1);

    if ((void*)(ip + 1) > data_end) return -1;
    key->remote_address[0] = key->remote_address[1] = key->local_address[0] = key->local_address[1] = 0;
    key->remote_address[2] = key->local_address[2] = bpf_htonl(0xffff);
    key->remote_address[3] = out ? ip->daddr : ip->saddr;
    key->local_address[3] = out ? ip->saddr : ip->daddr;
    key->protocol = ip->protocol;
    ports = (void*)(ip + 1);
  } else if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr* ip = (void*)(ethernet + 1);

    if ((void*)(ip + 1) > data_end) return -1;
    __builtin_memcpy(key->remote_address, out ? &ip->daddr : &ip->saddr, 16);
    __builtin_memcpy(key->local_address, out ? &ip->saddr : &ip->daddr, 16);
    key->protocol = ip->nexthdr;
    ports = (void*)(ip + 1);
  } else {
    return -1;
  }
  if ((void*)(ports + 1) > data_end) return -1;
  key->remote_port = out ? ports->dest : ports->source;
  key->local_port = out ? ports->source : ports->dest;
  key->_pad[0] = key->_pad[1] = key->_pad[2] = 0;
  return 0;
}

static __always_inline void count(void* data, void* data_end, int out) {
  struct tw_connection_key key;
  __u64 first = 1;
  __u64* packets;

  if (read_key(data, data_end, out, &key)) return;
  packets = bpf_map_lookup_elem(&counts, &key);
  if (packets)
    *packets += 1;
  else
    bpf_map_update_elem(&counts, &key, &first, BPF_ANY);
}

SEC("xdp")
int empty_xdp(struct xdp_md* xdp) { return XDP_PASS; }

SEC("tc")
int empty_tc(struct __sk_buff* skb) { return TC_ACT_UNSPEC; }

SEC("xdp")
int lookup_xdp(struct xdp_md* xdp) {
  count((void*)(long)xdp->data, (void*)(long)xdp->data_end, 0);
  return XDP_PASS;
}

SEC("tc")
int lookup_tc_in(struct __sk_buff* skb) {
  count((void*)(long)skb->data, (void*)(long)skb->data_end, 0);
  return TC_ACT_UNSPEC;
}

SEC("tc")
int lookup_tc_out(struct __sk_buff* skb) {
  count((void*)(long)skb->data, (void*)(long)skb->data_end, 1);
  return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
