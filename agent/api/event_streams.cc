// SPDX-License-Identifier: Apache-2.0
#include "api/event_streams.h"

#include <microhttpd.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/clock.h"

namespace tickwire::api {
namespace {

constexpr std::size_t kBlockBytes = 16 * 1024;  // what the library asks for at once

static_assert(std::is_same_v<ssize_t, long> && std::is_same_v<std::uint64_t, unsigned long>);

}  // namespace

MHD_Response* EventStreams::begin(MHD_Connection* connection, EventQuery query) {
  const auto snapshot = latest_();
  const model::EventLog log = snapshot ? snapshot->events : model::EventLog();
  Open& open = open_.emplace_back(
      Open{.owner = this, .connection = connection, .events = EventStream(std::move(query), log), .active = monotonic_now()});
  MHD_Response* response = ::MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kBlockBytes, read, &open, close);
  if (response == nullptr) {
    open_.pop_back();
    return nullptr;
  }
  // Clients of everything else are given ten seconds. One that listens to a quiet service is silent for long.
  ::MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, limits_.patience_seconds);
  return response;
}

bool EventStreams::is_due(const Open& open, const model::EventLog& log) const {
  return ending_ || open.events.is_behind(log) || monotonic_now() - open.active >= limits_.heartbeat;
}

void EventStreams::go_on() {
  if (open_.empty()) return;
  const auto snapshot = latest_();
  const model::EventLog log = snapshot ? snapshot->events : model::EventLog();
  for (Open& open : open_) {
    if (!open.resting || !is_due(open, log)) continue;
    open.resting = false;
    ::MHD_resume_connection(open.connection);
  }
}

void EventStreams::end() {
  ending_ = true;
  go_on();
}

long EventStreams::read(void* open, unsigned long, char* buffer, std::size_t size) {
  Open& stream = *static_cast<Open*>(open);
  try {
    return stream.owner->read(stream, buffer, size);
  } catch (...) {  // out of memory: this stream ends
    return MHD_CONTENT_READER_END_WITH_ERROR;
  }
}

long EventStreams::read(Open& open, char* buffer, std::size_t size) {
  if (open.sent == open.lines.size()) {
    const auto snapshot = latest_();
    const auto now = monotonic_now();
    open.sent = 0;
    open.lines = snapshot && !ending_ ? open.events.next(snapshot->events, kBlockBytes) : std::string();
    if (open.lines.empty() && ending_) return MHD_CONTENT_READER_END_OF_STREAM;
    if (open.lines.empty() && now - open.active >= limits_.heartbeat) open.lines = open.events.heartbeat();
    if (open.lines.empty()) {
      open.resting = true;
      ::MHD_suspend_connection(open.connection);
      return 0;
    }
    open.active = now;
  }
  const std::size_t bytes = std::min(size, open.lines.size() - open.sent);
  std::memcpy(buffer, open.lines.data() + open.sent, bytes);
  open.sent += bytes;
  return static_cast<long>(bytes);
}

void EventStreams::close(void* open) {
  Open* const ended = static_cast<Open*>(open);
  std::list<Open>& all = ended->owner->open_;
  all.remove_if([&](const Open& each) { return &each == ended; });
}

}  // namespace tickwire::api
