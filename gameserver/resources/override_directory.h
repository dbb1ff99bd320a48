// What it owns: reading an operator's directory without ever leaving it.
// Who may use it: resources/.
// Thread: one at a time; calls read files and may block.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gameserver/common/result.h"
#include "gameserver/common/unique_fd.h"
#include "gameserver/resources/resource.h"

namespace tickwire::game {

// Paths that are no resource. Of a hostile directory only the first kMostNamed are kept.
struct UnknownFiles {
  static constexpr std::size_t kMostNamed = 32;
  std::vector<std::string> names;  // printable ASCII, at most 255 bytes each, sorted
  std::size_t count = 0;           // of all, also of those that are not named
  friend bool operator==(const UnknownFiles&, const UnknownFiles&) = default;
};
// Which of these paths (relative, "rules/a.lua") are neither a resource nor a folder of one.
[[nodiscard]] UnknownFiles unknown_among(std::span<const std::string> paths);

class OverrideDirectory {
 public:
  // Entries of one folder that are looked at when unknown files are searched for.
  static constexpr std::size_t kMostEntries = 4096;

  // path may itself be a symbolic link: it is the operator's word. Nothing below it may be one.
  [[nodiscard]] static Result<OverrideDirectory> open(const std::string& path);

  // The file's bytes; nullopt when there is none of this name. Resolved by openat2 beneath the directory, without symbolic or magic
  // links. The error names the file and the reason.
  [[nodiscard]] Result<std::optional<std::string>> read(ResourceId id) const;
  [[nodiscard]] Result<UnknownFiles> unknown_files() const;

 private:
  OverrideDirectory(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::string path_;
};

}  // namespace tickwire::game
