/* The packet programs for this machine: the very source, with the helpers of bpf/ beside it. */
/* SPDX-License-Identifier: GPL-2.0-only */
#include "program.h"

#include "packets.bpf.c"

static struct tw_losses counted;

void *host_lookup(const void *map)
{
	return map == &losses ? &counted : NULL;
}

struct tw_losses host_take_losses(void)
{
	struct tw_losses taken = counted;

	memset(&counted, 0, sizeof(counted));
	return taken;
}

int host_parse(const __u8 *frame, __u32 length, __u32 linear, bool from_xdp, bool egress, struct host_packet *found)
{
	struct host_frame context = {.bytes = frame, .length = length};
	void *data = (void *)frame;
	struct packet p;
	int result;

	/* What a path forgets to set is found by the sanitizer of the comparison, not hidden by zeros. */
	memset(&p, 0xa5, sizeof(p));
	result = parse(&context, data, data + linear, from_xdp, egress, &p);
	if (result != PARSED)
		return result;
	if (!lengths_fit(&p, length, false)) {
		host_take_losses();
		return TW_LOSS_TRUNCATED;
	}
	memset(found, 0, sizeof(*found));
	found->key = p.key;
	found->payload = p.payload;
	found->l4_offset = p.l4_offset;
	found->header_end = p.header_end;
	if (p.key.protocol != IPPROTO_TCP)
		return HOST_PARSED;
	found->tcp_flags = p.tcp_flags;
	found->sequence = p.sequence;
	found->acknowledged = p.acknowledged;
	found->has_timestamps = p.has_timestamps;
	if (!p.has_timestamps)
		return HOST_PARSED;
	found->tsval = p.tsval;
	found->tsecr = p.tsecr;
	return HOST_PARSED;
}

bool host_read_field(const __u8 *frame, __u32 message, __u32 end, bool from_xdp, const struct tw_field *field, __u32 *value)
{
	struct host_frame context = {.bytes = frame, .length = end};
	struct rule_call call = {.context = &context, .message = message, .end = end};

	return read_field(&call, from_xdp, field, value);
}

void host_store_new_token(__u64 *times_ns, __u32 *tokens, __u32 token, __u64 now_ns)
{
	store_new_token(times_ns, tokens, token, now_ns);
}

__u64 host_take_answered(__u64 *times_ns, const __u32 *tokens, __u32 answered, __u32 width)
{
	return take_answered(times_ns, tokens, answered, width);
}

bool host_is_new(__u64 *times_ns, const __u32 *tokens, __u32 token, __u32 newest, __u32 width)
{
	return is_new_token(times_ns, tokens, token, newest, width);
}

bool host_can_be_echo(__u32 echo, __u32 newest, __u32 width, bool unseen)
{
	return can_be_echo(echo, newest, width, unseen);
}

__u64 host_take_token(__u64 *times_ns, const __u32 *tokens, __u32 echo, __u32 width)
{
	return take_token(times_ns, tokens, echo, width);
}

__u64 host_take_covered(__u64 *times_ns, const __u32 *tokens, __u32 acknowledged, __u32 width)
{
	return take_covered(times_ns, tokens, acknowledged, width);
}
