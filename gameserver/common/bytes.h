// What it owns: reading and writing big-endian fields in bytes that may end too early.
// Who may use it: every folder of gameserver/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tickwire::game {

// Reads fields in order. A read beyond the end gives zero and makes ok() false for good, so a parser checks once, at its end.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

  template <std::unsigned_integral Field>
  [[nodiscard]] Field read() {
    std::uint64_t value = 0;
    for (const std::byte byte : take(sizeof(Field))) value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return static_cast<Field>(value);
  }

  // The next count bytes, still owned by the buffer that is read; empty when there are fewer.
  [[nodiscard]] std::span<const std::byte> take(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

// Appends fields to a buffer.
class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::byte>& borrowed_out) : out_(borrowed_out) {}

  template <std::unsigned_integral Field>
  void write(Field value) {
    for (std::size_t shift = sizeof(Field) * 8; shift > 0; shift -= 8) {
      out_.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (shift - 8)));
    }
  }

  void write_bytes(std::span<const std::byte> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

 private:
  std::vector<std::byte>& out_;
};

}  // namespace tickwire::game
