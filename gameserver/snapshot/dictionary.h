// What it owns: compressing and decompressing a snapshot's content with the dictionary that both sides have.
// Who may use it: gateways (through writer.h), bots (through reader.h), and the tool that makes the dictionary.
// Thread: a dictionary is immutable, any; a compressor or decompressor one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "gameserver/common/result.h"
#include "gameserver/protocol/message.h"

struct ZSTD_CCtx_s;
struct ZSTD_CDict_s;
struct ZSTD_DCtx_s;
struct ZSTD_DDict_s;

namespace tickwire::game {

// Content is a zstd frame (RFC 8878) without its magic number, content size and checksum; it names the dictionary, in two bytes: what was
// compressed with another one is recognised before it is read.
class SnapshotDictionary {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;

  // bytes: as zstd's trainer makes them, with an id of 1 .. 65535 (tickwire-train-dictionary makes one). An error when they are no such
  // dictionary.
  [[nodiscard]] static Result<std::shared_ptr<const SnapshotDictionary>> make(std::span<const std::byte> bytes);

  [[nodiscard]] std::uint16_t id() const { return id_; }

 private:
  friend class SnapshotCompressor;
  friend class SnapshotDecompressor;
  struct Free {
    void operator()(ZSTD_CDict_s* dictionary) const;
    void operator()(ZSTD_DDict_s* dictionary) const;
  };
  SnapshotDictionary() = default;

  std::uint16_t id_ = 0;
  std::unique_ptr<ZSTD_CDict_s, Free> compressing_;
  std::unique_ptr<ZSTD_DDict_s, Free> decompressing_;
};

// Memory: about 100 KiB.
class SnapshotCompressor {
 public:
  // What is shorter has never been seen to shrink by enough.
  static constexpr std::size_t kMinBytes = 48;

  explicit SnapshotCompressor(std::shared_ptr<const SnapshotDictionary> dictionary);
  ~SnapshotCompressor();

  // plain: kMinBytes .. kMaxContentBytes. Nothing when it would not become shorter by a sixteenth: then plain is what to send. The result
  // is this object's and holds until the next call.
  [[nodiscard]] std::optional<std::span<const std::byte>> compress(std::span<const std::byte> plain);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::shared_ptr<const SnapshotDictionary> dictionary_;
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  std::array<std::byte, kMaxContentBytes + 128> out_{};  // zstd's bound for what does not shrink
};

enum class DecompressError : std::uint8_t {
  kOtherDictionary,  // compressed with one that we do not have
  kCorrupt,          // no zstd frame, or not of plain_bytes
};

// Memory: about 160 KiB, whatever it is given.
class SnapshotDecompressor {
 public:
  explicit SnapshotDecompressor(std::shared_ptr<const SnapshotDictionary> dictionary);
  ~SnapshotDecompressor();

  // plain_bytes: at most kMaxContentBytes. The result has this length, is this object's and holds until the next call.
  [[nodiscard]] std::expected<std::span<const std::byte>, DecompressError> decompress(std::span<const std::byte> content,
                                                                                      std::size_t plain_bytes);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::shared_ptr<const SnapshotDictionary> dictionary_;
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  std::array<std::byte, kMaxContentBytes> out_{};
};

}  // namespace tickwire::game
