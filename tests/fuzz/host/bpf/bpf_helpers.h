/* What it owns: the helpers of the kernel that the programs call, as far as they need them when they are compiled for this machine:
 * loads from a frame, loops, and one map that is there: losses. Every other map is empty, and the clock stands.
 * Who may use it: tests/fuzz, in place of libbpf's header of this name. bpf_endian.h is libbpf's own.
 * Thread: one.
 * SPDX-License-Identifier: GPL-2.0-only */
#ifndef TICKWIRE_FUZZ_BPF_HELPERS_H
#define TICKWIRE_FUZZ_BPF_HELPERS_H

#include <string.h>
#include <linux/bpf.h>

#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))

/* What a program's context is here. */
struct host_frame {
	const __u8 *bytes;
	__u32 length;
};

/* program.c has the one map. */
void *host_lookup(const void *map);

static inline long host_load(const struct host_frame *frame, __u32 offset, void *to, __u32 bytes)
{
	/* As the kernel has it, a load of nothing is refused too. */
	if (!bytes || offset > frame->length || bytes > frame->length - offset)
		return -14;
	memcpy(to, frame->bytes + offset, bytes);
	return 0;
}

#define bpf_skb_load_bytes(frame, offset, to, bytes) host_load((const struct host_frame *)(frame), offset, to, bytes)
#define bpf_xdp_load_bytes(frame, offset, to, bytes) host_load((const struct host_frame *)(frame), offset, to, bytes)
#define bpf_xdp_get_buff_len(frame) (((const struct host_frame *)(frame))->length)
#define bpf_map_lookup_elem(map, key) ((void)(key), host_lookup(map))
#define bpf_map_update_elem(map, key, value, flags) (-1L)
#define bpf_map_push_elem(map, value, flags) (-1L)
#define bpf_map_pop_elem(map, value) (-1L)
#define bpf_ringbuf_reserve(map, bytes, flags) ((void *)0)
#define bpf_ringbuf_submit(record, flags) ((void)(record))
#define bpf_ktime_get_ns() 1ULL
#define bpf_get_smp_processor_id() 0U
#define bpf_get_socket_cookie(frame) ((void)(frame), 0ULL)
#define bpf_tcp_sock(socket) ((void)(socket), (struct bpf_tcp_sock *)0)

static inline long bpf_loop(__u32 turns, long (*callback)(__u32, void *), void *context, __u64 flags)
{
	__u32 turn = 0;

	(void)flags;
	while (turn < turns && !callback(turn++, context))
		;
	return turn;
}

#endif
