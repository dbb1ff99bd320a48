// SPDX-License-Identifier: Apache-2.0
// The form without a magic number is an experimental parameter; it is set through the stable functions, so a shared library will do.
#define ZSTD_STATIC_LINKING_ONLY
#include "gameserver/snapshot/dictionary.h"

#include <fmt/format.h>
#include <zstd.h>

#include <cassert>
#include <limits>
#include <utility>

namespace tickwire::game {
namespace {

constexpr int kLevel = 1;
static_assert(ZSTD_COMPRESSBOUND(kMaxContentBytes) <= kMaxContentBytes + 128);

// Every parameter here is one that this library knows, so a refusal is a broken promise.
void require(std::size_t code) {
  if (ZSTD_isError(code) != 0) std::terminate();
}

}  // namespace

void SnapshotDictionary::Free::operator()(ZSTD_CDict_s* dictionary) const { ZSTD_freeCDict(dictionary); }
void SnapshotDictionary::Free::operator()(ZSTD_DDict_s* dictionary) const { ZSTD_freeDDict(dictionary); }
void SnapshotCompressor::Free::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }
void SnapshotDecompressor::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

Result<std::shared_ptr<const SnapshotDictionary>> SnapshotDictionary::make(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxBytes)
    return std::unexpected(fmt::format("read the snapshot dictionary: {} bytes, more than {}", bytes.size(), kMaxBytes));
  const unsigned id = ZSTD_getDictID_fromDict(bytes.data(), bytes.size());
  if (id == 0 || id > std::numeric_limits<std::uint16_t>::max())
    return std::unexpected(
        fmt::format("read the snapshot dictionary: not a zstd dictionary with an id of 1 .. 65535 (id {})", id));
  std::shared_ptr<SnapshotDictionary> made(new SnapshotDictionary);
  made->id_ = static_cast<std::uint16_t>(id);
  made->compressing_.reset(ZSTD_createCDict(bytes.data(), bytes.size(), kLevel));
  made->decompressing_.reset(ZSTD_createDDict(bytes.data(), bytes.size()));
  if (!made->compressing_ || !made->decompressing_)
    return std::unexpected("read the snapshot dictionary: zstd does not take its tables");
  return made;
}

SnapshotCompressor::SnapshotCompressor(std::shared_ptr<const SnapshotDictionary> dictionary)
    : dictionary_(std::move(dictionary)), context_(ZSTD_createCCtx()) {
  if (!context_) throw std::bad_alloc();
  require(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_format, ZSTD_f_zstd1_magicless));
  require(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_contentSizeFlag, 0));
  require(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 0));
  require(ZSTD_CCtx_refCDict(context_.get(), dictionary_->compressing_.get()));
}
SnapshotCompressor::~SnapshotCompressor() = default;

std::optional<std::span<const std::byte>> SnapshotCompressor::compress(std::span<const std::byte> plain) {
  assert(plain.size() <= kMaxContentBytes);
  const std::size_t length = ZSTD_compress2(context_.get(), out_.data(), out_.size(), plain.data(), plain.size());
  if (ZSTD_isError(length) != 0 || length > plain.size() - plain.size() / 16) return std::nullopt;
  return std::span(out_).first(length);
}

SnapshotDecompressor::SnapshotDecompressor(std::shared_ptr<const SnapshotDictionary> dictionary)
    : dictionary_(std::move(dictionary)), context_(ZSTD_createDCtx()) {
  if (!context_) throw std::bad_alloc();
  require(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_format, ZSTD_f_zstd1_magicless));
  require(ZSTD_DCtx_refDDict(context_.get(), dictionary_->decompressing_.get()));
}
SnapshotDecompressor::~SnapshotDecompressor() = default;

std::expected<std::span<const std::byte>, DecompressError> SnapshotDecompressor::decompress(std::span<const std::byte> content,
                                                                                            std::size_t plain_bytes) {
  assert(plain_bytes <= out_.size());
  ZSTD_frameHeader header;
  if (ZSTD_getFrameHeader_advanced(&header, content.data(), content.size(), ZSTD_f_zstd1_magicless) != 0)
    return std::unexpected(DecompressError::kCorrupt);
  if (header.dictID != dictionary_->id()) return std::unexpected(DecompressError::kOtherDictionary);
  const std::size_t length = ZSTD_decompressDCtx(context_.get(), out_.data(), plain_bytes, content.data(), content.size());
  if (length != plain_bytes) return std::unexpected(DecompressError::kCorrupt);
  return std::span(out_).first(length);
}

}  // namespace tickwire::game
