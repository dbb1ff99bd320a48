// SPDX-License-Identifier: Apache-2.0
// What comes over UDP: a datagram is refused or means what its bytes say, and acknowledgements say what was received.
//
// An input: a byte, and, when it is even, a datagram; when it is odd, sequence numbers of two bytes in the order in which they arrive.
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>

#include "fuzz/check.h"
#include "fuzz/game_message.h"
#include "gameserver/common/bytes.h"
#include "gameserver/protocol/ack_window.h"
#include "gameserver/protocol/datagram.h"

namespace tickwire::fuzz {
namespace {

using game::AckWindow;

// What was received, by numbers that do not wrap.
class Received {
 public:
  AckWindow::Arrival receive(std::uint16_t seq) {
    if (numbers_.empty()) {
      first_ = newest_ = seq;
      numbers_.insert(seq);
      return AckWindow::Arrival::kNewest;
    }
    const auto distance = static_cast<std::int16_t>(static_cast<std::uint16_t>(seq - static_cast<std::uint16_t>(newest_)));
    const bool newer = game::is_newer(seq, static_cast<std::uint16_t>(newest_));
    const std::int64_t number = newest_ + (newer ? static_cast<std::uint16_t>(distance) : distance);
    if (number > newest_) {
      newest_ = number;
      numbers_.insert(number);
      return AckWindow::Arrival::kNewest;
    }
    if (number < first_ || newest_ - number > 32 || !numbers_.insert(number).second) return AckWindow::Arrival::kDuplicate;
    return AckWindow::Arrival::kLate;
  }
  [[nodiscard]] std::uint32_t bits() const {
    std::uint32_t bits = 0;
    for (int i = 0; i < 32; ++i) bits |= static_cast<std::uint32_t>(numbers_.contains(newest_ - 1 - i)) << i;
    return bits;
  }
  [[nodiscard]] std::uint16_t newest() const { return static_cast<std::uint16_t>(newest_); }
  [[nodiscard]] std::uint64_t count() const { return numbers_.size(); }
  [[nodiscard]] std::uint64_t missing() const { return static_cast<std::uint64_t>(newest_ - first_ + 1) - numbers_.size(); }

 private:
  std::set<std::int64_t> numbers_;
  std::int64_t first_ = 0;
  std::int64_t newest_ = 0;
};

void acknowledgements(std::span<const std::byte> bytes) {
  AckWindow window;
  Received received;
  game::ByteReader reader(bytes);
  for (std::int64_t now_us = 0; reader.remaining() >= 2; ++now_us) {
    const auto seq = reader.read<std::uint16_t>();
    check(window.receive(seq, std::chrono::microseconds(now_us)) == received.receive(seq),
          "an arrival is new, late or a duplicate");
    game::Header header;
    window.fill(header, std::chrono::microseconds(now_us));
    check(header.ack == received.newest() && header.ack_bits == received.bits(), "a header says what was received");
    check(window.received() == received.count() && window.missing() == received.missing(),
          "what came and what is missing add up");
  }
}

void run(std::span<const std::byte> input) {
  if (input.empty()) return;
  const auto bytes = input.subspan(1);
  if ((input[0] & std::byte{1}) != std::byte{0}) return acknowledgements(bytes);
  const auto message = game::parse_datagram(bytes);
  if (message) check_message(bytes, *message, game::HeaderForm::kWithAckBits);
}

}  // namespace
}  // namespace tickwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t length) {
  tickwire::fuzz::run(std::as_bytes(std::span(bytes, length)));
  return 0;
}
