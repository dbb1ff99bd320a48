/* What it owns: the integer types and the layout assertion that the whole contract is written with.
 * Who may use it: every header of include/tickwire, and through them bpf/ (clang, BPF C) and agent/ (C++).
 * Thread: none, declarations only.
 * SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef TICKWIRE_TYPES_H
#define TICKWIRE_TYPES_H

#include <linux/types.h>

#ifdef __cplusplus
#include <cstddef>
#define TW_STATIC_ASSERT(condition, text) static_assert(condition, text)
#define TW_INLINE constexpr inline
#else
#include <stddef.h>
#define TW_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#define TW_INLINE static inline __attribute__((always_inline))
#endif

/* Bytes of a cache line on the processors that we know; fields of different owners are this far apart. */
#define TW_CACHE_LINE 64

#endif
