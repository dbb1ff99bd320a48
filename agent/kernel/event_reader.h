// What it owns: taking records out of the ring buffer `events`.
// Who may use it: agent/kernel only.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "kernel/bpf.h"
#include "tickwire/event.h"

namespace tickwire::kernel {

class EventReader {
 public:
  // More than the ring holds: at most so many are taken at once, however fast the programs write.
  static constexpr std::size_t kMostEvents = 8192;
  static_assert(kMostEvents * sizeof(tw_event) > TW_EVENTS_BYTES);

  // Errors: the ring could not be mapped.
  [[nodiscard]] static Result<std::unique_ptr<EventReader>> open(int borrowed_ring_fd);
  ~EventReader();
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;

  // What the ring holds, oldest first, without waiting. Valid until the next call.
  [[nodiscard]] std::span<const tw_event> read();

 private:
  EventReader() = default;
  static int take(void* context, void* record, std::size_t bytes);

  ring_buffer* ring_ = nullptr;
  std::vector<tw_event> events_;
};

}  // namespace tickwire::kernel
