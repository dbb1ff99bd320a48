// SPDX-License-Identifier: Apache-2.0
#include "base/read.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace tickwire {

std::expected<OpenedFile, int> open_to_read(const std::string& path) {
  OpenedFile opened{.file = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), .status = {}};
  if (!opened.file || ::fstat(opened.file.fd(), &opened.status) != 0) return std::unexpected(errno);
  return opened;
}

std::expected<std::string, int> read_to_end(int borrowed_fd, std::size_t most_bytes) {
  std::string text;
  std::array<char, 16384> chunk{};
  for (;;) {
    const ssize_t length = ::read(borrowed_fd, chunk.data(), chunk.size());
    const int error = errno;
    if (length < 0 && error == EINTR) continue;
    if (length < 0) return std::unexpected(error);
    if (length == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(length));
    if (text.size() > most_bytes) return std::unexpected(EFBIG);
  }
}

}  // namespace tickwire
