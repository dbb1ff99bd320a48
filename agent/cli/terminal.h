// What it owns: writing to standard output, and waiting for the next picture of --watch.
// Who may use it: the subcommands, also those of app.
// Thread: the main thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tickwire::cli {

// Writes all of it to borrowed_fd. False when the reader has gone (`tickwire connections | head`): that is no error, but
// there is nothing left to do. SIGPIPE must be ignored: Output does that.
[[nodiscard]] Result<bool> write_all(int borrowed_fd, std::string_view text);

// The text as a screen of so many rows: from the top left corner, each line cleared to its end, lines that are too long cut by
// the terminal, lines that are too many cut here, the rest of the screen cleared. Overwriting instead of clearing first is what
// keeps it from flickering.
[[nodiscard]] std::string screen(std::string_view text, std::size_t rows);

// Rows of the terminal behind borrowed_fd; none when it is no terminal.
[[nodiscard]] std::optional<std::size_t> terminal_rows(int borrowed_fd);

// While it lives SIGPIPE is ignored, so that a closed pipe is an error of write(2).
class Output {
 public:
  Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output();

 private:
  struct sigaction before_ {};
};

// write_all() to standard output, with SIGPIPE ignored. The exit code: 0, also when the reader has gone.
[[nodiscard]] Result<int> print(std::string_view text);

// While it lives SIGINT and SIGTERM are held back, and wait() sees them.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  // True as soon as one of the two came, false after the time.
  [[nodiscard]] bool wait(std::chrono::nanoseconds time) const;

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

}  // namespace tickwire::cli
