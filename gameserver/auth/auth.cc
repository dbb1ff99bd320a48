// SPDX-License-Identifier: Apache-2.0
#include "gameserver/auth/auth.h"

#include <algorithm>
#include <utility>

#include "gameserver/token/random.h"

namespace tickwire::game {
namespace {

constexpr AuthError kBusy{AuthRefusal::kBusy, std::chrono::seconds(1)};
constexpr AuthError kOverShare{AuthRefusal::kOverShare, std::chrono::seconds(1)};
constexpr AuthError kFailed{AuthRefusal::kFailed};

LoginOutcome outcome_of(const std::expected<LoginGrant, AuthError>& answer) {
  if (answer) return LoginOutcome::kOk;
  switch (answer.error().reason) {
    case AuthRefusal::kThrottled:
    case AuthRefusal::kOverShare:
      return LoginOutcome::kThrottled;
    case AuthRefusal::kBusy:
      return LoginOutcome::kBusy;
    case AuthRefusal::kFailed:
      return LoginOutcome::kStore;
    default:
      return LoginOutcome::kDenied;
  }
}

}  // namespace

// An attempt in flight, while it lives.
class Auth::InFlight {
 public:
  explicit InFlight(Auth& auth) : auth_(auth) { ++auth_.in_flight_; }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() { --auth_.in_flight_; }

 private:
  Auth& auth_;
};

// Both kinds of attempt are answered "busy" when they go without an answer: thrown away by the workers, or by the store.
struct Auth::LoginAttempt {
  LoginAttempt(Auth& owner, LoginRequest what, LoginDone whom)
      : auth(owner), in_flight(owner), request(std::move(what)), done(std::move(whom)), since_mono(owner.links_.now_mono()) {}
  LoginAttempt(const LoginAttempt&) = delete;
  LoginAttempt& operator=(const LoginAttempt&) = delete;
  ~LoginAttempt() {
    if (done) answer(std::unexpected(kBusy));
  }
  void answer(const std::expected<LoginGrant, AuthError>& outcome) {
    auth.links_.borrowed_metrics.record(request.region, outcome_of(outcome), auth.links_.now_mono() - since_mono);
    std::exchange(done, nullptr)(outcome);
  }

  Auth& auth;
  InFlight in_flight;
  LoginRequest request;
  LoginDone done;
  Nanoseconds since_mono;
};

struct Auth::Registration {
  Registration(Auth& owner, RegisterRequest what, RegisterDone whom)
      : auth(owner), in_flight(owner), request(std::move(what)), done(std::move(whom)) {}
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  ~Registration() {
    if (done) answer(std::unexpected(kBusy));
  }
  void answer(const std::expected<std::uint64_t, AuthError>& outcome) {
    {
      const std::lock_guard hold(auth.lock_);
      ++(outcome ? auth.counts_.registered : auth.counts_.register_refused);
    }
    std::exchange(done, nullptr)(outcome);
  }

  Auth& auth;
  InFlight in_flight;
  RegisterRequest request;
  RegisterDone done;
};

Result<std::unique_ptr<Auth>> Auth::make(AuthOptions options, AuthLinks links) {
  auto decoy = hash_password(Password("the password of nobody"), options.cost);
  if (!decoy) return std::unexpected(decoy.error());
  return std::unique_ptr<Auth>(new Auth(options, std::move(links), std::move(*decoy)));
}

Auth::Auth(AuthOptions options, AuthLinks links, std::vector<std::byte> decoy_hash)
    : options_(options),
      links_(std::move(links)),
      decoy_hash_(std::move(decoy_hash)),
      by_name_(options.per_name, options.most_limit_keys),
      by_address_(options.per_address, options.most_limit_keys) {}

template <typename Attempt, typename Work>
void Auth::queue(std::unique_ptr<Attempt> attempt, Work work) {
  // Of a task that is refused the attempt is still there.
  Attempt& kept = *attempt;
  std::move_only_function<void()> task = [work, attempt = std::move(attempt)]() mutable { work(std::move(attempt)); };
  const auto queued = links_.run(std::move(task), subscriber_of(kept.request.remote));
  if (queued) return;
  if (queued.error() == TaskRefusal::kFull) return kept.answer(std::unexpected(kBusy));
  {
    const std::lock_guard hold(lock_);
    ++counts_.over_share;
  }
  kept.answer(std::unexpected(kOverShare));
}

void Auth::login(LoginRequest request, LoginDone done) {
  auto attempt = std::make_unique<LoginAttempt>(*this, std::move(request), std::move(done));
  if (const auto refusal = throttled(attempt->request)) return attempt->answer(std::unexpected(*refusal));
  queue(std::move(attempt), [this](std::unique_ptr<LoginAttempt> begun) { begun->answer(decide(begun->request)); });
}

std::optional<AuthError> Auth::throttled(const LoginRequest& request) {
  const Nanoseconds now = links_.now_mono();
  const std::lock_guard hold(lock_);
  const Nanoseconds of_name = by_name_.wait_for(limit_key(request.name), now);
  const Nanoseconds of_address = by_address_.wait_for(limit_key(request.remote), now);
  if (of_name > Nanoseconds::zero()) ++counts_.throttled_by_name;
  if (of_address > Nanoseconds::zero()) ++counts_.throttled_by_address;
  const Nanoseconds wait = std::max(of_name, of_address);
  if (wait == Nanoseconds::zero()) return std::nullopt;
  return AuthError{AuthRefusal::kThrottled, std::chrono::ceil<std::chrono::seconds>(wait)};
}

std::expected<LoginGrant, AuthError> Auth::decide(const LoginRequest& request) {
  const auto account = links_.borrowed_store.find(request.name);
  if (!account) return std::unexpected(kFailed);
  const auto is_right = is_password(request.password, *account ? (*account)->password_hash : decoy_hash_);
  if (!is_right) return std::unexpected(kFailed);
  if (*account && *is_right) return grant(**account, request);
  const Nanoseconds now = links_.now_mono();
  const std::lock_guard hold(lock_);
  by_name_.failed(limit_key(request.name), now);
  by_address_.failed(limit_key(request.remote), now);
  return std::unexpected(AuthError{AuthRefusal::kDenied});
}

std::expected<LoginGrant, AuthError> Auth::grant(const Account& account, const LoginRequest& request) {
  const Nanoseconds now = links_.now_unix();
  const auto name = player_name_of(account.name);
  const auto event = Event::make(PlayerAuthenticated{
      .account = account.id, .name = name, .rating = account.rating, .region = request.region, .at_unix = now});
  if (!event) return std::unexpected(kFailed);
  // Nobody is logged in whom the other modules have not heard of: the player tries again.
  if (!links_.publish(*event)) return std::unexpected(kBusy);
  const auto expires = std::chrono::floor<std::chrono::seconds>(now) + options_.session_life;
  const Token token{.audience = Audience::kMatch,
                    .expires_unix_s = static_cast<std::uint32_t>(expires.count()),
                    .account = account.id,
                    .rating = account.rating,
                    .name = name,
                    .id = random_u64()};
  return LoginGrant{sign(*links_.key, token), options_.session_life, account.id, account.rating};
}

void Auth::register_account(RegisterRequest request, RegisterDone done) {
  queue(std::make_unique<Registration>(*this, std::move(request), std::move(done)),
        [this](std::unique_ptr<Registration> begun) { create(std::move(begun)); });
}

void Auth::create(std::unique_ptr<Registration> registration) {
  const auto answer = [&](AuthError error) { registration->answer(std::unexpected(error)); };
  // The store would say the same, but after a hash.
  const auto known = links_.borrowed_store.find(registration->request.name);
  if (!known) return answer(kFailed);
  if (*known) return answer({AuthRefusal::kNameTaken});
  auto hash = hash_password(registration->request.password, options_.cost);
  if (!hash) return answer(kFailed);
  std::string name = registration->request.name;
  links_.borrowed_store.create(std::move(name), std::move(*hash), options_.first_rating,
                               [registration = std::move(registration)](const CreateResult& created) {
                                 if (created) return registration->answer(*created);
                                 switch (created.error()) {
                                   case CreateError::kNameTaken:
                                     return registration->answer(std::unexpected(AuthError{AuthRefusal::kNameTaken}));
                                   case CreateError::kBusy:
                                     return registration->answer(std::unexpected(kBusy));
                                   case CreateError::kFailed:
                                     return registration->answer(std::unexpected(kFailed));
                                 }
                               });
}

AuthCounts Auth::counts() const {
  const std::lock_guard hold(lock_);
  AuthCounts counts = counts_;
  counts.in_flight = in_flight_;
  counts.limited_names = by_name_.size();
  counts.limited_addresses = by_address_.size();
  counts.limits_evicted = by_name_.evicted() + by_address_.evicted();
  return counts;
}

MetricFamilies auth_families(const AuthCounts& counts) {
  const auto sample = [](const char* label, const char* value, auto count) {
    return MetricSample{{{label, value}}, static_cast<double>(count)};
  };
  MetricFamilies families;
  families.push_back(gauge_family("game_auth_in_flight_attempts", "Logins and registrations that are being worked on.",
                                  static_cast<double>(counts.in_flight)));
  families.push_back(
      counter_family("game_auth_registrations_total", "Registrations that were answered, by outcome.",
                     {sample("outcome", "ok", counts.registered), sample("outcome", "refused", counts.register_refused)}));
  families.push_back(counter_family(
      "game_auth_throttled_total",
      "Attempts that were told to wait: by failures of the name or the address, or by its share of waiting places.",
      {sample("by", "name", counts.throttled_by_name), sample("by", "address", counts.throttled_by_address),
       sample("by", "share", counts.over_share)}));
  families.push_back(
      gauge_family("game_auth_limit_keys", "Names and addresses whose failures are remembered.",
                   {sample("table", "name", counts.limited_names), sample("table", "address", counts.limited_addresses)}));
  families.push_back(counter_family("game_auth_limits_evicted_total",
                                    "Names and addresses that were forgotten early, for want of room.",
                                    static_cast<double>(counts.limits_evicted)));
  return families;
}

}  // namespace tickwire::game
