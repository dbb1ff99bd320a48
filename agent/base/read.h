// What it owns: opening a file that must be a regular one, and reading a descriptor to its end, within a bound.
// Who may use it: every room.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <expected>
#include <string>

#include "base/unique_fd.h"

namespace tickwire {

struct OpenedFile {
  UniqueFd file;
  struct stat status {};

  [[nodiscard]] bool is_regular() const { return S_ISREG(status.st_mode); }
};

// Opens what somebody named to be read. Where it is a pipe this does not wait for a writer: the caller refuses what is not regular.
// The error is the errno value of open(2) or fstat(2).
[[nodiscard]] std::expected<OpenedFile, int> open_to_read(const std::string& path);

// Everything from where borrowed_fd stands to its end. The error is the errno value of read(2), EFBIG when there is more than
// most_bytes. A signal does not end it.
[[nodiscard]] std::expected<std::string, int> read_to_end(int borrowed_fd, std::size_t most_bytes);

}  // namespace tickwire
