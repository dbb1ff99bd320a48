// SPDX-License-Identifier: Apache-2.0
#include "kernel/event_reader.h"

#include <cerrno>
#include <cstring>

namespace tickwire::kernel {

Result<std::unique_ptr<EventReader>> EventReader::open(int borrowed_ring_fd) {
  std::unique_ptr<EventReader> reader(new EventReader());
  reader->events_.reserve(kMostEvents);
  reader->ring_ = ring_buffer__new(borrowed_ring_fd, take, reader.get(), nullptr);
  if (reader->ring_ == nullptr) {
    const int error = errno;
    return fail_errno(error, "map", "events");
  }
  return reader;
}

EventReader::~EventReader() { ring_buffer__free(ring_); }

std::span<const tw_event> EventReader::read() {
  events_.clear();
  // It fails only when take() ends it.
  ring_buffer__consume(ring_);
  return events_;
}

// A negative value ends the reading; this record is taken nevertheless.
int EventReader::take(void* context, void* record, std::size_t bytes) {
  auto& events = static_cast<EventReader*>(context)->events_;
  if (bytes >= sizeof(tw_event)) std::memcpy(&events.emplace_back(), record, sizeof(tw_event));
  return events.size() < kMostEvents ? 0 : -ENOBUFS;
}

}  // namespace tickwire::kernel
