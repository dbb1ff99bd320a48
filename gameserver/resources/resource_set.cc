// SPDX-License-Identifier: Apache-2.0
#include "gameserver/resources/resource_set.h"

#include <openssl/evp.h>

#include "gameserver/resources/embedded.h"

namespace tickwire::game {
namespace {

Result<void> hash(Resource& resource, ResourceId id) {
  unsigned length = 0;
  if (::EVP_Digest(resource.bytes.data(), resource.bytes.size(), resource.sha256.data(), &length, ::EVP_sha256(), nullptr) != 1 ||
      length != resource.sha256.size()) {
    return std::unexpected(fmt::format("hash {}: SHA-256 is not to be had", resource_name(id)));
  }
  return {};
}

}  // namespace

std::string_view origin_name(ResourceOrigin origin) { return origin == ResourceOrigin::kDefault ? "default" : "override"; }

std::string sha256_text(const Resource& resource) {
  std::string text;
  for (const std::uint8_t byte : resource.sha256) text += fmt::format("{:02x}", byte);
  return text;
}

Result<ResourceSet> ResourceSet::load(const std::string& override_directory) {
  ResourceSet set;
  std::optional<OverrideDirectory> directory;
  if (!override_directory.empty()) {
    if (auto opened = keep(directory, OverrideDirectory::open(override_directory)); !opened) {
      return std::unexpected(std::move(opened.error()));
    }
  }
  for (const ResourceId id : kResourceIds) {
    Resource& resource = set.resources_[static_cast<std::size_t>(id)];
    std::optional<std::string> replacement;
    if (directory) {
      auto read = directory->read(id);
      if (!read) return std::unexpected(std::move(read.error()));
      replacement = std::move(*read);
    }
    if (replacement) {
      resource = {.bytes = std::move(*replacement), .origin = ResourceOrigin::kOverride};
    } else {
      const auto bytes = embedded(id);
      resource.bytes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    if (auto hashed = hash(resource, id); !hashed) return std::unexpected(std::move(hashed.error()));
  }
  if (directory) {
    auto unknown = directory->unknown_files();
    if (!unknown) return std::unexpected(std::move(unknown.error()));
    set.unknown_files_ = std::move(*unknown);
  }
  return set;
}

}  // namespace tickwire::game
