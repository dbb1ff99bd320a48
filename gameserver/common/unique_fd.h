// What it owns: one file descriptor.
// Who may use it: every folder of gameserver/. A descriptor that is only borrowed is an int called borrowed_fd.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <utility>

namespace tickwire::game {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int owned_fd) : fd_(owned_fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }

  // -1 when nothing is owned.
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  // Gives the descriptor away: the caller closes it.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int owned_fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = owned_fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace tickwire::game
