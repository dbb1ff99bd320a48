// What it owns: the resources that a server runs with: defaults, and what an operator's directory puts in their place.
// Who may use it: the server, which hands single resources on.
// Thread: any, values; load() reads files and may block.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gameserver/common/result.h"
#include "gameserver/resources/override_directory.h"
#include "gameserver/resources/resource.h"

namespace tickwire::game {

enum class ResourceOrigin : std::uint8_t { kDefault, kOverride };
// "default", "override".
[[nodiscard]] std::string_view origin_name(ResourceOrigin origin);

struct Resource {
  std::string bytes;  // at most kMaxResourceBytes
  ResourceOrigin origin = ResourceOrigin::kDefault;
  std::array<std::uint8_t, 32> sha256{};
  friend bool operator==(const Resource&, const Resource&) = default;
};
// 64 lower-case digits.
[[nodiscard]] std::string sha256_text(const Resource& resource);

// Immutable. A reload is another load(): when it fails, or when a resource of it turns out not to mean anything, the old set is still
// there to go on with. Memory: kResourceCount * kMaxResourceBytes at most.
class ResourceSet {
 public:
  // The defaults, and instead of each the file of its name below the directory, where there is one. "": defaults alone. The error names
  // the file and the reason: no regular file, a symbolic link, too large, not readable, or a kernel without openat2 (before Linux 5.6).
  [[nodiscard]] static Result<ResourceSet> load(const std::string& override_directory);

  [[nodiscard]] const Resource& operator[](ResourceId id) const { return resources_[static_cast<std::size_t>(id)]; }
  // What the directory holds besides: it has not been read, and is worth a word to the operator, who may have misspelt a name.
  [[nodiscard]] const UnknownFiles& unknown_files() const { return unknown_files_; }

 private:
  ResourceSet() = default;

  std::array<Resource, kResourceCount> resources_;
  UnknownFiles unknown_files_;
};

}  // namespace tickwire::game
