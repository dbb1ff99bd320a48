// What it owns: the thread that gets tickets for the bots, over HTTP.
// Who may use it: the runner.
// Thread: open() and the public functions on the runner's; the requests are made on one of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gameserver/bots/samples.h"
#include "gameserver/common/identity.h"
#include "gameserver/common/result.h"

namespace tickwire::game {

struct LoginOptions {
  std::string url;                // "http://192.0.2.1:8080", without a path
  std::string match_url;          // where matches are found; empty: url
  std::string region;             // empty: none
  std::size_t connections = 200;  // at once
};

struct LoginCounts {
  std::size_t asked = 0;
  std::size_t tickets = 0;
  std::size_t failed = 0;
  std::uint64_t retries = 0;  // as the server said to wait
  Samples register_times;     // of the requests that were answered, whatever the answer
  Samples login_times;
  Samples match_times;
};

// Memory: what a bot needs for its requests, with an answer of at most kMostAnswerBytes.
class LoginDesk {
 public:
  static constexpr std::size_t kMostAnswerBytes = 64 * 1024;

  // The error says that there is no HTTP or no thread.
  [[nodiscard]] static Result<std::unique_ptr<LoginDesk>> open(const LoginOptions& options);
  LoginDesk(const LoginDesk&) = delete;
  LoginDesk& operator=(const LoginDesk&) = delete;
  // Gives up what is under way.
  ~LoginDesk();

  // A new account, a login and a match for this bot. Each bot once.
  void ask(std::size_t bot, GameMode mode);
  // The ticket, or why there is none, once; nullopt: not yet.
  [[nodiscard]] std::optional<Result<std::vector<std::byte>>> take(std::size_t bot);
  [[nodiscard]] LoginCounts counts() const;
  // Bots whose ticket has neither come nor failed.
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Parts;
  explicit LoginDesk(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tickwire::game
