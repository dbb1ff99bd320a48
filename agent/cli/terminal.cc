// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"

namespace tickwire::cli {

Result<bool> write_all(int borrowed_fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(borrowed_fd, text.data(), text.size());
    const int error = errno;
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (error == EPIPE) return false;
    if (error == EAGAIN) {
      // Standard output may be a non-blocking pipe that somebody else set so.
      pollfd writable{.fd = borrowed_fd, .events = POLLOUT, .revents = 0};
      ::poll(&writable, 1, -1);
    } else if (error != EINTR) {
      return fail_errno(error, "write to", "standard output");
    }
  }
  return true;
}

std::string screen(std::string_view text, std::size_t rows) {
  // ECMA-48 8.3.21, 8.3.41, 8.3.39, and the private mode 7 (automatic wrap) that terminals have had since the VT100.
  constexpr std::string_view kHome = "\x1b[H";
  constexpr std::string_view kClearLine = "\x1b[K";
  constexpr std::string_view kClearBelow = "\x1b[J";
  constexpr std::string_view kWrapOff = "\x1b[?7l";
  constexpr std::string_view kWrapOn = "\x1b[?7h";
  std::string result;
  result.append(kWrapOff).append(kHome);
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::size_t row = 1;
  for (const char c : text) {
    if (c == '\n') {
      if (row++ == rows) break;
      result += kClearLine;
    }
    result += c;
  }
  result.append(kClearLine).append(kClearBelow).append(kWrapOn);
  return result;
}

std::optional<std::size_t> terminal_rows(int borrowed_fd) {
  if (::isatty(borrowed_fd) != 1) return std::nullopt;
  winsize size{};
  constexpr std::size_t kUsual = 24;  // for a terminal that does not know
  return ::ioctl(borrowed_fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : kUsual;
}

Output::Output() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before_);
}

Output::~Output() { ::sigaction(SIGPIPE, &before_, nullptr); }

Result<int> print(std::string_view text) {
  const Output output;
  const auto written = write_all(STDOUT_FILENO, text);
  if (!written) return std::unexpected(written.error());
  return 0;
}

Interrupt::Interrupt() {
  ::sigemptyset(&signals_);
  ::sigaddset(&signals_, SIGINT);
  ::sigaddset(&signals_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interrupt::~Interrupt() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool Interrupt::wait(std::chrono::nanoseconds time) const {
  const auto end = monotonic_now() + time;
  for (;;) {
    const auto left = std::max(end - monotonic_now(), std::chrono::nanoseconds(0));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    if (::sigtimedwait(&signals_, nullptr, &limit) > 0) return true;
    if (errno != EINTR) return false;
  }
}

}  // namespace tickwire::cli
