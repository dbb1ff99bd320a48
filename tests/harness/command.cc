// SPDX-License-Identifier: Apache-2.0
#include "harness/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <filesystem>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace tickwire::harness {

namespace {

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<char*> pointers(Words& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// All of a memory file, without moving the offset that the child writes at.
std::string content(int borrowed_fd) {
  struct stat status {};
  if (::fstat(borrowed_fd, &status) != 0) return {};
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t length = ::pread(borrowed_fd, text.data(), text.size(), 0);
  text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return text;
}

}  // namespace

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

Process::Process(const Words& words, const std::string& network_namespace, const Words& environment)
    : out_(::memfd_create("out", MFD_CLOEXEC)), err_(::memfd_create("err", MFD_CLOEXEC)) {
  Words all{"setpriv", "--pdeathsig", "KILL"};
  // `ip netns exec` also mounts the /sys of the namespace, which setns alone does not.
  if (!network_namespace.empty()) all.insert(all.end(), {"ip", "netns", "exec", network_namespace});
  all.insert(all.end(), words.begin(), words.end());
  Words variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  variables.insert(variables.end(), environment.begin(), environment.end());

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out_.fd(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err_.fd(), STDERR_FILENO);
  const int error = ::posix_spawnp(&pid_, all[0].c_str(), &actions, nullptr, pointers(all).data(), pointers(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("start " + joined(words) + ": " + ::strerror(error));
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

Process::~Process() {
  if (!pidfd_ || exit_code_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string Process::out() const { return content(out_.fd()); }
std::string Process::err() const { return content(err_.fd()); }

bool Process::says(std::string_view part, std::chrono::milliseconds deadline) const {
  bool ended = false;
  return eventually(
             [&] {
               pollfd end{.fd = pidfd_.fd(), .events = POLLIN, .revents = 0};
               const bool said = ended;
               ended = ::poll(&end, 1, 0) > 0;
               return said || (out() + err()).find(part) != std::string::npos;
             },
             deadline) &&
         (out() + err()).find(part) != std::string::npos;
}

void Process::signal(int number) const { ::kill(pid_, number); }

std::optional<int> Process::wait(std::chrono::milliseconds deadline) {
  if (exit_code_) return exit_code_;
  pollfd end{.fd = pidfd_.fd(), .events = POLLIN, .revents = 0};
  if (::poll(&end, 1, static_cast<int>(deadline.count())) <= 0) return std::nullopt;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

bool Process::running() { return !wait(std::chrono::milliseconds(0)); }

Finished run(const Words& words, const std::string& network_namespace, std::chrono::milliseconds deadline) {
  Process process(words, network_namespace);
  const std::optional<int> exit_code = process.wait(deadline);
  if (!exit_code) throw std::runtime_error(joined(words) + " still ran at its deadline:\n" + process.out() + process.err());
  return {.exit_code = *exit_code, .out = process.out(), .err = process.err()};
}

std::string must_run(const Words& words, const std::string& network_namespace) {
  const Finished finished = run(words, network_namespace);
  if (finished.exit_code == 0) return finished.out;
  throw std::runtime_error(joined(words) + " exited with " + std::to_string(finished.exit_code) + ":\n" + finished.out +
                           finished.err);
}

TemporaryFolder::TemporaryFolder() : path_(std::filesystem::temp_directory_path() / "tickwire-test-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("make " + path_ + ": " + ::strerror(errno));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tickwire::harness
