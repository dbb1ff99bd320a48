// What it owns: asking an HTTP server as a client of its own, independent of the agent's.
// Who may use it: tests.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "harness/network.h"

namespace tickwire::harness {

struct Reply {
  long status = 0;  // 0: no answer; `body` says why
  std::string content_type;
  std::string body;
};

[[nodiscard]] Reply get_unix(const std::string& socket_path, const std::string& path);
// Over TCP to 127.0.0.1 of the namespace.
[[nodiscard]] Reply get_tcp(const Namespace& network, std::uint16_t port, const std::string& path);
[[nodiscard]] Reply post_tcp(const Namespace& network, std::uint16_t port, const std::string& path, const std::string& body);

}  // namespace tickwire::harness
