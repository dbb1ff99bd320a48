// What it owns: Unix datagram sockets that have a name in the file system.
// Who may use it: every folder of gameserver/.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "gameserver/common/result.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::game {

// A path as an address, ready for the socket calls; also room for the address of a sender.
struct UnixAddress {
  sockaddr_un name{};
  socklen_t length = sizeof name;

  // The error says that the path is empty or longer than sun_path (107 bytes).
  [[nodiscard]] static Result<UnixAddress> of(const std::string& path);
  [[nodiscard]] const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&name); }
  [[nodiscard]] sockaddr* address() { return reinterpret_cast<sockaddr*>(&name); }
};

// A blocking datagram socket of mode 0600 at a path, which is removed at the end.
class UnixListener {
 public:
  // A socket that nobody serves any more is replaced in one step, by way of PATH.new, which is then the name that receivers of its
  // datagrams see. The error names the path: longer than 103 bytes; EADDRINUSE when somebody serves it, or when it is no socket.
  [[nodiscard]] static Result<UnixListener> open(const std::string& path);
  UnixListener(UnixListener&& other) noexcept = default;
  UnixListener& operator=(UnixListener&&) = delete;
  ~UnixListener();

  [[nodiscard]] int fd() const { return fd_.fd(); }

 private:
  UnixListener(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::string path_;
};

}  // namespace tickwire::game
