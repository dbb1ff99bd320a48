/* What it owns: what the driver program does to the packet, and to a slot, before each run of the program under test.
 * Who may use it: tests/bench: driver.bpf.c and runner.cc.
 * Thread: user space writes it between test runs, the driver counts in it during one.
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef TICKWIRE_BENCH_PLAN_H
#define TICKWIRE_BENCH_PLAN_H

#include "tickwire/types.h"

/* What the program under test uses up, and the driver puts back. */
enum bench_effect {
  BENCH_EFFECT_NONE = 0,
  BENCH_EFFECT_IN_ORDER,   /* in_end = 0, where the segments in of all rows begin: the next one continues the stream */
  BENCH_EFFECT_NO_REQUEST, /* the same, and request_ns = 0: the next payload in starts a turnaround */
  BENCH_EFFECT_REQUEST,    /* request_ns = stamp_ns: the next payload out completes one */
  BENCH_EFFECT_NO_TOKENS,  /* sent_ns[0] = 0: there is room for a token */
  BENCH_EFFECT_TOKEN,      /* sent_ns[0] = stamp_ns, token[0] = token: its echo completes a sample */
  BENCH_EFFECT_RULE_IN,    /* the same, and arrived_ns[0] = 0: there is room for the token in */
  BENCH_EFFECT_RULE_OUT,   /* arrived_ns[0] = stamp_ns for token, its echo out completes a turnaround; sent_ns[0] = 0 */
};

/* Offsets are bytes from the start of the frame; 0 = leave that field alone. */
struct bench_plan {
  __u64 stamp_ns;
  __u32 token;
  __u32 effect;      /* enum bench_effect */
  __u32 slot;        /* that the effect is on */
  __u32 packets;     /* so far; goes on from run to run, so that sequence numbers and timestamps do */
  __u32 flows_log2;  /* 2^flows_log2 flows, 2^16 or one; each comes once before any comes again */
  __u32 in_order;    /* flows come by number; 0 = at random */
  __u32 host_offset; /* last byte of the remote address */
  __u32 port_offset; /* remote port */
  __u32 sequence_offset;
  __u32 timestamp_offset; /* TSval, or a rule's token: 32 bits that grow by 1 */
  __u32 payload_bytes;    /* that the sequence number grows by */
  __u32 _pad;
};

#endif
