/* What it owns: a rule: where a protocol keeps the numbers that the token echo lives on, and what is kept of a connection for it.
 * Who may use it: bpf/protocols/rule.bpf.h applies rules, agent/config makes them, agent/kernel loads them, agent/ingest reads.
 * Thread: none, declarations only.
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef TICKWIRE_RULE_H
#define TICKWIRE_RULE_H

#include "tickwire/connection.h"
#include "tickwire/service.h"
#include "tickwire/types.h"

#define TW_FIELD_WIDTH_MAX 32
#define TW_FIELD_END_MAX 2048 /* bits: fields lie within the first 256 bytes of a message */

/* Bits of a message. Big-endian: bit 0 is the highest bit of byte 0, and the field's first bit is its highest. Little-endian: bit 0
 * is the lowest bit of byte 0, and the field's first bit is its lowest. */
struct tw_field {
	__u16 offset_bits;
	__u8 width_bits; /* 1 .. 32; 0 = the protocol has no such field */
	__u8 little_endian;
};

/* One rule; map rules: key = service number. Fields by the direction of the message that carries them (enum tw_direction). */
struct tw_rule {
	struct tw_field magic; /* messages without (magic & magic_mask) == magic_value are none of the protocol's */
	__u32 magic_mask;
	__u32 magic_value;
	struct tw_field token[TW_DIRECTIONS];    /* the sender's own number */
	struct tw_field echo[TW_DIRECTIONS];     /* the number of the other side that it acknowledges, the newest */
	struct tw_field sequence[TW_DIRECTIONS]; /* goes up by one a message: tells loss, reordering, duplicates */
	struct tw_field delay;                   /* in a message in: how long the player held the token before it echoed it */
	__u32 delay_unit_ns;
	__u8 frame_bytes; /* TCP: width of the length in front of each message, 1 .. 4; 0 = UDP */
	__u8 frame_little_endian;
	__u8 frame_counts_itself; /* the length includes its own bytes */
	__u8 _pad;
};
TW_STATIC_ASSERT(sizeof(struct tw_rule) == 48, "rule");

/* What the sequences of one direction say; the counts only grow. Lost are passed_over - reordered: a number that comes late is in
 * both, also one from before the first that was seen. */
struct tw_sequence {
	__u32 highest; /* newest number */
	__u32 messages;
	__u32 passed_over; /* numbers that a newer one came before */
	__u32 reordered;   /* of these, those that came */
	__u32 duplicated;
	__u32 jumps;  /* by TW_SEQUENCE_JUMP or more: a new start, not losses */
	__u64 recent; /* bit i: highest - i has come */
};
#define TW_SEQUENCE_JUMP 64

/* Map echo_slots: what a rule keeps of a connection; same number as its tw_slot, cleared with it. */
struct tw_echo_slot {
	/* --- written by ingress: tokens that came in and wait for their echo to go out; as sent_ns and token of tw_slot. A
	 * message out answers all tokens up to its echo, and the first of them is measured: what finds no place is answered with one
	 * that has. --- */
	__u64 arrived_ns[TW_TOKENS];
	__u32 token[TW_TOKENS];
	__u32 last_token;
	__u32 tokens_in;   /* messages in that carried a new token */
	__u32 echoes_in;   /* messages in whose echo took a pending token */
	__u32 messages_in; /* with the protocol's magic */
	/* --- written by egress --- */
	__u32 last_sent; /* newest token out */
	__u32 tokens_out;
	__u32 echoes_out;
	__u32 messages_out;
	__u32 strangers[TW_DIRECTIONS];  /* packets that are none of the protocol's, or too short */
	__u32 next_frame[TW_DIRECTIONS]; /* TCP: sequence number at which the next message begins */
	__u8 frame_known[TW_DIRECTIONS];
	__u8 sequence_known[TW_DIRECTIONS]; /* numbers up to the newest since the start, at most TW_SEQUENCE_JUMP */
	__u8 unseen[TW_DIRECTIONS];         /* after the newest token came what was not looked into: there may be newer ones */
	__u8 _pad[2];
	__u64 network_sum_ns; /* samples of network_cells */
	__u32 network_samples;
	__u32 _pad1;
	__u64 _pad2;
	struct tw_sequence sequence[TW_DIRECTIONS];
	/* --- rtt less the delay that the player reports: the line alone --- */
	__u64 network_cells[TW_CONNECTION_WORDS];
};
TW_STATIC_ASSERT(sizeof(struct tw_echo_slot) == 384, "six cache lines");

#endif
