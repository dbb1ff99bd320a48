// What it owns: how one bot gets a ticket: registers, logs in, finds a match; as HTTP requests and answers, whoever carries them.
// Who may use it: bots/.
// Thread: one at a time; reads no clock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gameserver/common/clock.h"
#include "gameserver/common/identity.h"

namespace tickwire::game {

// A POST with a JSON body.
struct LoginCall {
  std::string path;
  std::string body;
  std::string authorization;  // the header's value; empty: none
  friend bool operator==(const LoginCall&, const LoginCall&) = default;
};
struct LoginAnswer {
  long status = 0;                           // 0: none came
  std::string body;                          // of an answer; else why there is none
  std::optional<Nanoseconds> retry_after{};  // as the header says
};

enum class LoginStep : std::uint8_t { kRegister, kLogin, kMatch, kDone, kFailed };

class LoginFlow {
 public:
  static constexpr unsigned kMostRetries = 60;  // of one bot, where the server asked for them

  // name: 3 .. 15 of [A-Za-z0-9_-]; region: empty: none.
  LoginFlow(std::string name, std::string password, std::string region, GameMode mode);

  [[nodiscard]] LoginStep step() const { return step_; }
  // What is to be sent now; not when it is done or has failed.
  [[nodiscard]] LoginCall call() const;
  // How long to wait until the next call: 0 unless the server is busy; nullopt: there is none.
  [[nodiscard]] std::optional<Nanoseconds> take(const LoginAnswer& answer);

  [[nodiscard]] const std::vector<std::byte>& ticket() const { return ticket_; }  // once it is done
  [[nodiscard]] const std::string& failure() const { return failure_; }           // once it has failed
  [[nodiscard]] unsigned retries() const { return retries_; }

 private:
  std::optional<Nanoseconds> fail(std::string why);
  std::optional<Nanoseconds> take_token(const std::string& body);
  std::optional<Nanoseconds> take_ticket(const std::string& body);

  LoginStep step_ = LoginStep::kRegister;
  std::string name_;
  std::string password_;
  std::string region_;
  GameMode mode_;
  std::string token_;
  std::vector<std::byte> ticket_;
  std::string failure_;
  unsigned retries_ = 0;
};

// A name of 15 characters and a password of 32 that nobody has used.
[[nodiscard]] std::string random_bot_name();
[[nodiscard]] std::string random_password();

}  // namespace tickwire::game
