// What it owns: reading a descriptor to its end, within a bound.
// Who may use it: every room.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace tickwire {

// Everything from where borrowed_fd stands to its end. The error is the errno value of read(2), EFBIG when there is more than
// most_bytes. A signal does not end it.
[[nodiscard]] std::expected<std::string, int> read_to_end(int borrowed_fd, std::size_t most_bytes);

}  // namespace tickwire
