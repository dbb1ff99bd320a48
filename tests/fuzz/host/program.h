/* What it owns: the parser, the fields of a rule and the token echo of bpf/, compiled for this machine, as functions to call.
 * Who may use it: tests/fuzz.
 * Thread: one.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_FUZZ_PROGRAM_H
#define TICKWIRE_FUZZ_PROGRAM_H

#include "tickwire/connection.h"
#include "tickwire/loss.h"
#include "tickwire/rule.h"

#ifdef __cplusplus
extern "C" {
#else
#include <stdbool.h>
#endif

#define HOST_PARSED (-1)

/* struct packet, as far as a frame tells; zero where it does not. */
struct host_packet {
	struct tw_connection_key key;
	__u32 tcp_flags, has_timestamps, sequence, acknowledged, tsval, tsecr;
	__u32 payload, l4_offset, header_end;
};

/* What the programs make of a frame, lengths checked: HOST_PARSED or an enum tw_loss. Its first `linear` bytes are read directly. */
int host_parse(const __u8 *frame, __u32 length, __u32 linear, bool from_xdp, bool egress, struct host_packet *found);

/* A field of the message that lies from `message` to `end` in a frame that is as long. False: it has no such field. */
bool host_read_field(const __u8 *frame, __u32 message, __u32 end, bool from_xdp, const struct tw_field *field, __u32 *value);

/* Places of tokens, TW_TOKENS each; see bpf/echo.bpf.h. */
void host_store_new_token(__u64 *times_ns, __u32 *tokens, __u32 token, __u64 now_ns);
__u64 host_take_answered(__u64 *times_ns, const __u32 *tokens, __u32 answered, __u32 width);
bool host_is_new(__u64 *times_ns, const __u32 *tokens, __u32 token, __u32 newest, __u32 width);
bool host_can_be_echo(__u32 echo, __u32 newest, __u32 width, bool unseen);
__u64 host_take_token(__u64 *times_ns, const __u32 *tokens, __u32 echo, __u32 width);
__u64 host_take_covered(__u64 *times_ns, const __u32 *tokens, __u32 acknowledged, __u32 width);

/* Since the call before. */
struct tw_losses host_take_losses(void);

#ifdef __cplusplus
}
#endif

#endif
