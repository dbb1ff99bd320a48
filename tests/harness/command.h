// What it owns: child processes of tests: started in a namespace, watched, ended by their pid; and polling with a deadline.
// Who may use it: tests.
// Thread: the test's main thread (children die with the thread that started them).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace tickwire::harness {

using Words = std::vector<std::string>;

// Asks again every few milliseconds until `holds` or the deadline; the last answer. A deadline is generous: it bounds a failure,
// not a success.
[[nodiscard]] bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds deadline = std::chrono::seconds(30));

// A child. It is killed when its Process is destroyed, and by the kernel when the test dies.
class Process {
 public:
  // Starts words[0], found by PATH, inside the network namespace of that name (with its own /sys), or here when it is empty.
  // `environment` is added to ours ("NAME=value"). Throws std::runtime_error when it cannot be started.
  explicit Process(const Words& words, const std::string& network_namespace = {}, const Words& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  Process(Process&&) = default;
  Process& operator=(Process&&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // What it has written so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;
  // Whether a line with `part` stood in either stream before the deadline, or before its end.
  [[nodiscard]] bool says(std::string_view part, std::chrono::milliseconds deadline = std::chrono::seconds(30)) const;
  void signal(int number) const;
  // Its exit code, 128 + number when a signal ended it; none when it still ran at the deadline.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds deadline = std::chrono::seconds(30));
  [[nodiscard]] bool running();

 private:
  UniqueFd out_, err_, pidfd_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

struct Finished {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// Runs to the end. Throws when it has not ended at the deadline.
[[nodiscard]] Finished run(const Words& words, const std::string& network_namespace = {},
                           std::chrono::milliseconds deadline = std::chrono::seconds(60));
// The same, and throws with what it wrote when the exit code is not 0. Gives its standard output.
std::string must_run(const Words& words, const std::string& network_namespace = {});

// A folder of its own under the temporary folder, removed with what is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tickwire::harness
