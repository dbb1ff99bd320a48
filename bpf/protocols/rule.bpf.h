/* What it owns: the declared protocol: reads a rule's fields out of a message, and feeds them to the token echo in both directions.
 * Who may use it: bpf/packets.bpf.c.
 * Thread: programs on any CPU. The counters of an echo slot belong to one direction each.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_PROTOCOL_RULE_BPF_H
#define TICKWIRE_PROTOCOL_RULE_BPF_H

#include "echo.bpf.h"
#include "pace.bpf.h"
#include "parse.bpf.h"
#include "stage_sample.bpf.h"

/* Messages of one TCP segment that are looked into; the others count TW_LOSS_SEGMENT. */
#define RULE_FRAMES 8

/* One packet of a service with a rule. */
struct rule_call {
	void *context;
	const struct packet *packet;
	const struct tw_rule *rule;
	struct passage *at;
	struct tw_echo_slot *echo;
	__u32 message; /* offset of the message in the frame */
	__u32 end;     /* of the message, or of the payload where that comes first */
	bool readable; /* in: the game can read it once it is handed to the socket; it does not lie behind a hole of TCP */
};

/* A field's value. False: the message is too short, or the protocol has no such field. */
INLINE bool read_field(const struct rule_call *call, bool from_xdp, const struct tw_field *field, __u32 *value)
{
	__u32 first = field->offset_bits / 8;
	__u32 shift = field->offset_bits % 8;
	__u32 width = field->width_bits;
	__u32 last = ((shift + width - 1) & 63) / 8; /* byte of the field, counted from its first; the mask never changes it */
	__u32 at = call->message + first;
	__u64 raw = 0;

	if (!width || width > TW_FIELD_WIDTH_MAX || at + last >= call->end)
		return false;
	/* Kept as it is: the verifier has to see that the size is 1 .. 8. */
	asm volatile("" : "+r"(last));
	if (load(call->context, from_xdp, at, &raw, last + 1))
		return false;
	if (field->little_endian)
		*value = (__u32)((__builtin_bswap64(bpf_be64_to_cpu(raw)) >> shift) & ((1ULL << width) - 1));
	else
		*value = (__u32)((bpf_be64_to_cpu(raw) << shift) >> (64 - width));
	return true;
}

/* Counts a message's sequence number; RFC 3550 A.1 with a window of 64 for what is late or twice. */
static __noinline int count_sequence(struct tw_sequence *sequence, __u8 *known, __u32 number, __u32 width)
{
	__u32 ahead = distance(sequence->highest, number, width);
	__u32 behind = distance(number, sequence->highest, width);
	bool first = !sequence->messages++;
	__u64 bit;

	if (!first && ahead && ahead < TW_SEQUENCE_JUMP && ahead <= behind) {
		sequence->passed_over += ahead - 1;
		sequence->recent = sequence->recent << ahead | 1;
		sequence->highest = number;
		*known = *known + ahead < TW_SEQUENCE_JUMP ? *known + ahead : TW_SEQUENCE_JUMP;
	} else if (!first && behind < TW_SEQUENCE_JUMP) {
		bit = 1ULL << behind;
		if (sequence->recent & bit) {
			sequence->duplicated++;
		} else {
			sequence->recent |= bit;
			if (behind >= *known)
				sequence->passed_over++; /* by the first that was seen */
			sequence->reordered++;
		}
	} else {
		if (!first)
			sequence->jumps++;
		sequence->highest = number;
		sequence->recent = 1;
		*known = 1;
	}
	return 0;
}

/* A rule's rtt once more, without the time that the player says it held the token. */
INLINE void sample_network(struct rule_call *call, __u64 sent_ns, __u64 held_ns)
{
	__u64 elapsed_ns = call->at->now_ns - sent_ns - held_ns;
	__u32 part;

	if (!is_sample(sent_ns + held_ns, call->at->now_ns))
		return;
	part = tw_cell(elapsed_ns, TW_SERVICE_PARTS_LOG2);
	sample_service(call->at->service, TW_SERIES_RTT_RULE_NETWORK, elapsed_ns, part);
	sample_cells(call->echo->network_cells, part);
	call->echo->network_sum_ns += elapsed_ns;
	call->echo->network_samples++;
}

/* The first token since the last followed one was answered is followed through the socket. */
INLINE void follow_token(struct rule_call *call)
{
	const struct packet *p = call->packet;

	if (call->at->stage && !call->at->stage->arrived_ns)
		follow_request(call->at->stage, p->key.protocol == IPPROTO_UDP ? p->udp_tag : p->sequence + p->payload,
			       call->at->now_ns);
}

INLINE void message_in(struct rule_call *call, bool from_xdp)
{
	const struct tw_rule *rule = call->rule;
	struct tw_echo_slot *echo = call->echo;
	__u64 sent_ns;
	__u32 value;

	echo->messages_in++;
	if (read_field(call, from_xdp, &rule->echo[TW_INGRESS], &value) &&
	    can_be_echo(value, echo->last_sent, rule->token[TW_EGRESS].width_bits, echo->unseen[TW_EGRESS])) {
		sent_ns = take_token(call->at->slot->sent_ns, call->at->slot->token, value, rule->token[TW_EGRESS].width_bits);
		if (sent_ns) {
			echo->echoes_in++;
			sample_rtt(call->at->slot, call->at->service, TW_SERIES_RTT_RULE, sent_ns, now_of(call->at));
			if (call->at->stage)
				keep_rtt(call->at->stage, call->at->now_ns - sent_ns, call->at->now_ns, true);
			/* What is no sample of the one is none of the other, and was counted. */
			if (call->at->now_ns - sent_ns < TW_SAMPLE_MAX_NS && read_field(call, from_xdp, &rule->delay, &value))
				sample_network(call, sent_ns, (__u64)value * rule->delay_unit_ns);
		}
	}
	echo->unseen[TW_INGRESS] = !read_field(call, from_xdp, &rule->token[TW_INGRESS], &value);
	if (!echo->unseen[TW_INGRESS] && !call->readable) {
		echo->unseen[TW_INGRESS] = 1;
		count_loss(TW_LOSS_HOLE);
	}
	if (!echo->unseen[TW_INGRESS] && (!echo->tokens_in || is_new_token(echo->arrived_ns, echo->token, value, echo->last_token,
									   rule->token[TW_INGRESS].width_bits))) {
		echo->tokens_in++;
		echo->last_token = value;
		store_new_token(echo->arrived_ns, echo->token, value, now_of(call->at));
		follow_token(call);
	}
	if (read_field(call, from_xdp, &rule->sequence[TW_INGRESS], &value))
		count_sequence(&echo->sequence[TW_INGRESS], &echo->sequence_known[TW_INGRESS], value,
			       rule->sequence[TW_INGRESS].width_bits);
}

INLINE void message_out(struct rule_call *call)
{
	const struct tw_rule *rule = call->rule;
	struct tw_echo_slot *echo = call->echo;
	__u64 arrived_ns;
	__u32 value;

	echo->messages_out++;
	if (read_field(call, false, &rule->echo[TW_EGRESS], &value) &&
	    can_be_echo(value, echo->last_token, rule->token[TW_INGRESS].width_bits, echo->unseen[TW_INGRESS])) {
		arrived_ns = take_answered(echo->arrived_ns, echo->token, value, rule->token[TW_INGRESS].width_bits);
		if (arrived_ns) {
			echo->echoes_out++;
			sample_turnaround(call->at->slot, call->at->service, TW_SERIES_TURNAROUND_RULE, arrived_ns,
					  now_of(call->at));
			if (call->at->stage)
				complete_stages(call->at->stage, call->at->service, arrived_ns, call->at->now_ns);
		}
	}
	echo->unseen[TW_EGRESS] = !read_field(call, false, &rule->token[TW_EGRESS], &value);
	if (!echo->unseen[TW_EGRESS] && (!echo->tokens_out || is_new_token(call->at->slot->sent_ns, call->at->slot->token, value,
									   echo->last_sent, rule->token[TW_EGRESS].width_bits))) {
		echo->tokens_out++;
		echo->last_sent = value;
		store_new_token(call->at->slot->sent_ns, call->at->slot->token, value, now_of(call->at));
	}
	if (read_field(call, false, &rule->sequence[TW_EGRESS], &value))
		count_sequence(&echo->sequence[TW_EGRESS], &echo->sequence_known[TW_EGRESS], value,
			       rule->sequence[TW_EGRESS].width_bits);
}

/* One message. False: its magic is another's. */
INLINE bool rule_message(struct rule_call *call, bool from_xdp, __u32 direction)
{
	__u32 magic;

	if (call->rule->magic.width_bits) {
		bool whole = read_field(call, from_xdp, &call->rule->magic, &magic);

		if (!whole || (magic & call->rule->magic_mask) != call->rule->magic_value) {
			call->echo->strangers[direction]++;
			return !whole;
		}
	}
	if (direction == TW_INGRESS)
		message_in(call, from_xdp);
	else
		message_out(call);
	return true;
}

/* The frame that begins at call->message: its length with what is in front of it; 0 = not known here. */
INLINE __u32 frame_length(struct rule_call *call, bool from_xdp)
{
	struct tw_field length = {.width_bits = call->rule->frame_bytes * 8, .little_endian = call->rule->frame_little_endian};
	__u32 value;

	if (!read_field(call, from_xdp, &length, &value) || value > 1U << 24)
		return 0;
	return call->rule->frame_counts_itself ? value : value + call->rule->frame_bytes;
}

/* Where the next message of a TCP stream is looked for. */
struct rule_walk {
	struct rule_call *call;
	__u32 sequence; /* of the frame's payload start */
	__u32 payload;  /* offset of the payload in the frame */
	__u32 end;      /* of the payload in the frame */
};

INLINE long rule_frame(__u32 turn, struct rule_walk *walk, bool from_xdp, __u32 direction)
{
	struct rule_call *call = walk->call;
	struct tw_echo_slot *echo = call->echo;
	__u32 offset = echo->next_frame[direction] - walk->sequence;
	__u32 length;

	if (offset >= walk->end - walk->payload)
		return 1;
	if (turn == RULE_FRAMES) {
		count_loss(TW_LOSS_SEGMENT);
		echo->frame_known[direction] = 0;
		echo->unseen[direction] = 1;
		return 1;
	}
	call->message = walk->payload + offset;
	call->end = walk->end;
	length = frame_length(call, from_xdp);
	if (length <= call->rule->frame_bytes) {
		/* The length itself is cut by the segment's end, or this is no frame: begin anew with the next segment. */
		echo->strangers[direction]++;
		echo->frame_known[direction] = 0;
		echo->unseen[direction] = 1;
		return 1;
	}
	if (length < walk->end - call->message)
		call->end = call->message + length;
	call->message += call->rule->frame_bytes;
	/* Another's magic, and a length that goes on behind the segment: this may be no frame at all. */
	if (!rule_message(call, from_xdp, direction) && length > walk->end - walk->payload - offset)
		echo->frame_known[direction] = 0;
	echo->next_frame[direction] += length;
	return 0;
}

static long rule_frame_in_xdp(__u32 turn, void *walk)
{
	return rule_frame(turn, walk, true, TW_INGRESS);
}

static long rule_frame_in_skb(__u32 turn, void *walk)
{
	return rule_frame(turn, walk, false, TW_INGRESS);
}

static long rule_frame_out(__u32 turn, void *walk)
{
	return rule_frame(turn, walk, false, TW_EGRESS);
}

/* A TCP segment: messages begin where the one before ended; after a gap, at the segment's first byte. */
INLINE void rule_segment(struct rule_call *call, bool from_xdp, __u32 direction)
{
	struct rule_walk walk = {
	    .call = call, .sequence = call->packet->sequence, .payload = call->packet->header_end, .end = call->end};
	struct tw_echo_slot *echo = call->echo;

	if (!echo->frame_known[direction] || !seq_at_or_before(walk.sequence, echo->next_frame[direction])) {
		echo->frame_known[direction] = 1;
		echo->next_frame[direction] = walk.sequence;
		echo->unseen[direction] = 1;
	}
	bpf_loop(RULE_FRAMES + 1,
		 direction == TW_EGRESS ? rule_frame_out
		 : from_xdp             ? rule_frame_in_xdp
					: rule_frame_in_skb,
		 &walk, 0);
}

INLINE int rule_packet(void *context, bool from_xdp, const struct packet *p, struct passage *at, __u32 direction, bool readable)
{
	struct rule_call call = {.context = context, .packet = p, .at = at, .readable = readable};

	call.rule = bpf_map_lookup_elem(&rules, &at->service);
	call.echo = bpf_map_lookup_elem(&echo_slots, &at->number);
	if (!call.rule || !call.echo)
		return 0;
	call.message = p->header_end;
	call.end = p->header_end + p->payload;
	if (p->key.protocol == IPPROTO_TCP) {
		rule_segment(&call, from_xdp, direction);
		return 0;
	}
	at->slot->rtt_method = TW_RTT_RULE; /* TCP's is set with the first segment out, together with what it begins from */
	if (from_xdp || p->segments <= 1) {
		rule_message(&call, from_xdp, direction);
		return 0;
	}
	/* Datagrams of one size, only the last may be shorter; the first is looked into. */
	call.end = p->header_end + ((struct __sk_buff *)context)->gso_size;
	rule_message(&call, from_xdp, direction);
	count_losses(TW_LOSS_SEGMENT, p->segments - 1);
	call.echo->unseen[direction] = 1;
	return 0;
}

static __noinline int rule_in_xdp(struct xdp_md *xdp, const struct packet *p, struct passage *at, bool readable)
{
	return rule_packet(xdp, true, p, at, TW_INGRESS, readable);
}

static __noinline int rule_in_skb(struct __sk_buff *skb, const struct packet *p, struct passage *at, bool readable)
{
	return rule_packet(skb, false, p, at, TW_INGRESS, readable);
}

static __noinline int rule_out_skb(struct __sk_buff *skb, const struct packet *p, struct passage *at)
{
	return rule_packet(skb, false, p, at, TW_EGRESS, true);
}

#endif
