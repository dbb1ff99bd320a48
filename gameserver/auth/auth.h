// What it owns: the module that knows accounts: registers them, and turns a password into a session token.
// Who may use it: its HTTP face, and the server's wiring.
// Thread: any. It must outlive the tasks that it gave to the workers and the calls that it made to the store.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gameserver/auth/account_store.h"
#include "gameserver/auth/credentials.h"
#include "gameserver/auth/failure_limit.h"
#include "gameserver/auth/password_hash.h"
#include "gameserver/bus/events.h"
#include "gameserver/bus/workers.h"
#include "gameserver/common/clock.h"
#include "gameserver/common/endpoint.h"
#include "gameserver/metrics/login_metrics.h"
#include "gameserver/token/token.h"

namespace tickwire::game {

struct AuthOptions {
  ScryptCost cost;                                      // of new hashes
  std::chrono::seconds session_life{900};               // of a session token
  std::int32_t first_rating = 1500;                     // of a new account
  FailureBudget per_name{10, std::chrono::seconds(6)};  // a name can thus be guessed at 10 times a minute, whoever guesses
  FailureBudget per_address{50, std::chrono::seconds(1)};
  std::size_t most_limit_keys = 16'384;  // names, and as many addresses, whose failures are remembered
};

// Where Auth's world ends. Each may be called on any thread.
struct AuthLinks {
  AccountStore& borrowed_store;
  std::shared_ptr<const TokenKey> key;
  LoginMetrics& borrowed_metrics;
  // As WorkerPool::try_run(): its queue bounds the attempts that wait, and an address's share of them.
  std::function<std::expected<void, TaskRefusal>(std::move_only_function<void()>&&, const TaskOwner&)> run;
  // False when a subscriber has no room.
  std::function<bool(const Event&)> publish;
  std::function<Nanoseconds()> now_mono = monotonic_now;
  std::function<Nanoseconds()> now_unix = unix_now;
};

enum class AuthRefusal : std::uint8_t {
  kDenied,     // no such account, or not its password: not said which
  kNameTaken,  //
  kThrottled,  // too many failures before: wait
  kOverShare,  // too many attempts of the address wait already: nothing was done
  kBusy,       // no room now: nothing was done
  kFailed,     // the store or the hash failed
};
struct AuthError {
  AuthRefusal reason = AuthRefusal::kFailed;
  std::chrono::seconds retry_after{};  // of kThrottled, kOverShare and kBusy, at least 1
  friend bool operator==(const AuthError&, const AuthError&) = default;
};

struct LoginRequest {
  std::string name;
  Password password;
  std::string region;  // empty: not said
  Endpoint remote;
};
struct LoginGrant {
  SignedToken session{};  // audience match
  std::chrono::seconds expires_in{};
  std::uint64_t account = 0;
  std::int32_t rating = 0;
};
struct RegisterRequest {
  std::string name;
  Password password;
  Endpoint remote;
};
using LoginDone = std::move_only_function<void(std::expected<LoginGrant, AuthError>)>;
using RegisterDone = std::move_only_function<void(std::expected<std::uint64_t, AuthError>)>;  // the account's id

struct AuthCounts {
  std::size_t in_flight = 0;
  std::uint64_t registered = 0;
  std::uint64_t register_refused = 0;  // name taken, over its share, busy or failed
  std::uint64_t throttled_by_name = 0;
  std::uint64_t throttled_by_address = 0;
  std::uint64_t over_share = 0;   // logins and registrations
  std::size_t limited_names = 0;  // whose failures are remembered
  std::size_t limited_addresses = 0;
  std::uint64_t limits_evicted = 0;  // forgotten early, for want of room
  friend bool operator==(const AuthCounts&, const AuthCounts&) = default;
};

class Auth {
 public:
  // Hashes once. The error is scrypt()'s: the cost is out of bounds.
  [[nodiscard]] static Result<std::unique_ptr<Auth>> make(AuthOptions options, AuthLinks links);
  Auth(const Auth&) = delete;
  Auth& operator=(const Auth&) = delete;

  // Each calls done exactly once: here when nothing is to be hashed, else on a worker or the store's thread. Name and password
  // keep to the rules of credentials.h.
  void login(LoginRequest request, LoginDone done);
  void register_account(RegisterRequest request, RegisterDone done);

  [[nodiscard]] AuthCounts counts() const;

 private:
  class InFlight;
  struct LoginAttempt;
  struct Registration;

  Auth(AuthOptions options, AuthLinks links, std::vector<std::byte> decoy_hash);
  // Has a worker call work(attempt), in turn with other addresses; the attempt is answered when none does.
  template <typename Attempt, typename Work>
  void queue(std::unique_ptr<Attempt> attempt, Work work);
  // When this attempt must wait: how long.
  [[nodiscard]] std::optional<AuthError> throttled(const LoginRequest& request);
  [[nodiscard]] std::expected<LoginGrant, AuthError> decide(const LoginRequest& request);
  [[nodiscard]] std::expected<LoginGrant, AuthError> grant(const Account& account, const LoginRequest& request);
  void create(std::unique_ptr<Registration> registration);

  const AuthOptions options_;
  const AuthLinks links_;
  // Of nobody: an unknown name takes the time of a wrong password.
  const std::vector<std::byte> decoy_hash_;
  std::atomic<std::size_t> in_flight_ = 0;

  mutable std::mutex lock_;
  FailureLimit by_name_;
  FailureLimit by_address_;
  AuthCounts counts_;  // without what counts() fills in
};

// Families game_auth_in_flight_attempts, game_auth_registrations_total{outcome}, game_auth_throttled_total{by},
// game_auth_limit_keys{table}, game_auth_limits_evicted_total.
[[nodiscard]] MetricFamilies auth_families(const AuthCounts& counts);

}  // namespace tickwire::game
