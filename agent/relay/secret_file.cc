// SPDX-License-Identifier: Apache-2.0
#include "relay/secret_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

#include "base/read.h"
#include "base/text.h"
#include "config/words.h"

namespace tickwire::relay {
namespace {

constexpr std::size_t kMostBytes = 4096;

std::unexpected<Error> wrong(const std::string& path, std::string_view reason, std::string hint = {}) {
  return fail_usage(fmt::format("file '{}': {}", config::printable(path), reason), std::move(hint));
}

Result<std::string> one_line(std::string_view text, const std::string& path) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  text = trim(text);
  if (text.empty()) return wrong(path, "empty");
  if (text.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos)
    return wrong(path, "one line is wanted, there are more");
  return std::string(text);
}

}  // namespace

Result<std::string> SecretFile::read() {
  const auto opened = open_to_read(path_);
  if (!opened) return wrong(path_, errno_text(opened.error()));
  if (!opened->is_regular()) return wrong(path_, "not a regular file");
  const struct stat& status = opened->status;
  if ((status.st_mode & S_IRWXO) != 0) {
    return wrong(path_, fmt::format("mode {:04o} is open to everybody", status.st_mode & 07777U),
                 "chmod 0400 it, or 0440 for the group that the relay runs in");
  }
  const bool same = version_ && version_->device == status.st_dev && version_->inode == status.st_ino &&
                    version_->size == status.st_size && version_->modified.tv_sec == status.st_mtim.tv_sec &&
                    version_->modified.tv_nsec == status.st_mtim.tv_nsec;
  if (same) return line_;
  const auto text = read_to_end(opened->file.fd(), kMostBytes);
  if (!text) return wrong(path_, text.error() == EFBIG ? "longer than 4 KiB" : errno_text(text.error()));
  auto line = one_line(*text, path_);
  if (!line) return line;
  version_ = Version{.device = status.st_dev, .inode = status.st_ino, .size = status.st_size, .modified = status.st_mtim};
  line_ = *line;
  return line;
}

}  // namespace tickwire::relay
