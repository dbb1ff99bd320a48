/* What it owns: the programs that change the test packet in place, put back what the last run used up, and tail-call the program
 * under test: one test run then holds many connections, ever new sequence numbers, or a sample in every packet. The same driver
 * with an empty program behind it costs the same, and is subtracted.
 * Who may use it: tests/bench/runner.cc.
 * Thread: one test run at a time.
 * SPDX-License-Identifier: GPL-2.0-only */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bench_plan.h"
#include "tickwire/connection.h"
#include "tickwire/rule.h"

#define OFFSET_MAX 127
#define FIRST_PORT 10000
#define PORTS_LOG2 13 /* flows that differ in the port only; beyond that they differ in the address too */

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 1);
  __uint(key_size, 4);
  __uint(value_size, 4);
} tested_xdp SEC(".maps"), tested_tc SEC(".maps");

/* The slots of the programs under test. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct tw_slot);
} connection_slots SEC(".maps");

/* What a rule keeps beside them. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct tw_echo_slot);
} echo_slots SEC(".maps");

struct bench_plan plan;

static __always_inline void apply_to_rule(__u32 effect, struct tw_slot* slot) {
  __u32 number = plan.slot;
  struct tw_echo_slot* echo = bpf_map_lookup_elem(&echo_slots, &number);

  if (!echo) return;
  if (effect == BENCH_EFFECT_RULE_IN) {
    slot->token[0] = plan.token;
    slot->sent_ns[0] = plan.stamp_ns;
    echo->arrived_ns[0] = 0;
  } else {
    echo->token[0] = plan.token;
    echo->arrived_ns[0] = plan.stamp_ns;
    slot->sent_ns[0] = 0;
  }
}

static __always_inline void apply(__u32 effect) {
  __u32 number = plan.slot;
  struct tw_slot* slot = bpf_map_lookup_elem(&connection_slots, &number);

  if (!slot) return;
  if (effect == BENCH_EFFECT_IN_ORDER) {
    slot->in_end = 0;
  } else if (effect == BENCH_EFFECT_NO_REQUEST) {
    slot->in_end = 0;
    slot->request_ns = 0;
  } else if (effect == BENCH_EFFECT_REQUEST) {
    slot->request_ns = plan.stamp_ns;
  } else if (effect == BENCH_EFFECT_NO_TOKENS) {
    slot->sent_ns[0] = 0;
  } else if (effect == BENCH_EFFECT_TOKEN) {
    slot->token[0] = plan.token;
    slot->sent_ns[0] = plan.stamp_ns;
  } else {
    apply_to_rule(effect, slot);
  }
}

static __always_inline void put_u32(void* data, void* data_end, __u32 offset, __u32 value) {
  __u32* field = data + (offset & OFFSET_MAX);

  if (offset && (void*)(field + 1) <= data_end) *field = bpf_htonl(value);
}

/* Every number below 2^16 for one number below 2^16: odd multipliers and shifts to the right lose nothing. Connections are opened
 * in order, so neighbours in time are no neighbours in memory when they come shuffled. */
static __always_inline __u32 shuffled(__u32 flow) {
  flow = flow * 40503 & 0xffff;
  flow ^= flow >> 7;
  flow = flow * 27893 & 0xffff;
  return flow ^ flow >> 9;
}

static __always_inline void rewrite(void* data, void* data_end) {
  __u32 packet = plan.packets++;
  __u32 flows_log2 = plan.flows_log2 & 31;
  __u32 turn = packet >> flows_log2;
  __u32 effect = plan.effect;

  if (flows_log2) {
    __u32 number = packet & ((1U << flows_log2) - 1);
    __u32 flow = plan.in_order ? number : shuffled(number);
    __u8* host = data + (plan.host_offset & OFFSET_MAX);
    __u16* port = data + (plan.port_offset & OFFSET_MAX);

    if ((void*)(host + 1) <= data_end) *host = flow >> PORTS_LOG2;
    if ((void*)(port + 1) <= data_end) *port = bpf_htons(FIRST_PORT + (flow & ((1U << PORTS_LOG2) - 1)));
  }
  put_u32(data, data_end, plan.sequence_offset, turn * plan.payload_bytes);
  put_u32(data, data_end, plan.timestamp_offset, turn);
  if (effect != BENCH_EFFECT_NONE) apply(effect);
}

SEC("xdp")
int drive_xdp(struct xdp_md* xdp) {
  rewrite((void*)(long)xdp->data, (void*)(long)xdp->data_end);
  bpf_tail_call(xdp, &tested_xdp, 0);
  return XDP_ABORTED; /* nothing to call: the runner sees it */
}

SEC("tc")
int drive_tc(struct __sk_buff* skb) {
  rewrite((void*)(long)skb->data, (void*)(long)skb->data_end);
  bpf_tail_call(skb, &tested_tc, 0);
  return TC_ACT_SHOT;
}

char _license[] SEC("license") = "GPL";
