// What it owns: the two listening sockets of the server: made here, so that errors are exact and modes are right at once.
// Who may use it: Server.
// Thread: start-up and shutdown, the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/options.h"

namespace tickwire::api {

struct TcpListener {
  UniqueFd socket;         // non-blocking, listening
  std::uint16_t port = 0;  // the one that was bound
};

// Binds the first address of the host that this machine has, IPv4 before IPv6; an empty host is all addresses of both families.
// Errors name the address: in use, not of this machine, unknown host, no permission (Failure::kMissing).
[[nodiscard]] Result<TcpListener> listen_tcp(const config::ListenAddress& address);

// A listening Unix socket and its file, which is removed with it if it is still the one that was made.
class UnixListener {
 public:
  // Mode 0660 from the first moment; missing folders are made with 0755. A socket file that nobody answers on is replaced.
  // Errors name the path: another agent answers there, something else than a socket is there, no permission.
  [[nodiscard]] static Result<std::unique_ptr<UnixListener>> listen(const std::string& path);
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;
  ~UnixListener();

  [[nodiscard]] int borrowed_fd() const { return socket_.fd(); }

 private:
  UnixListener(UniqueFd socket, std::string path, dev_t device, ino_t inode)
      : socket_(std::move(socket)), path_(std::move(path)), device_(device), inode_(inode) {}

  UniqueFd socket_;
  std::string path_;
  dev_t device_;
  ino_t inode_;
};

}  // namespace tickwire::api
