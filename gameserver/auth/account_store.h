// What it owns: what Auth asks of whoever keeps the accounts.
// Who may use it: auth/; store/ implements it.
// Thread: any; implementations lock for themselves.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gameserver/common/result.h"

namespace tickwire::game {

struct Account {
  std::uint64_t id = 0;  // from 1
  std::string name;
  std::vector<std::byte> password_hash;  // as hash_password() wrote it
  std::int32_t rating = 0;
  friend bool operator==(const Account&, const Account&) = default;
};

enum class CreateError : std::uint8_t {
  kNameTaken,
  kBusy,    // no room to wait for the disk: nothing was stored, try again later
  kFailed,  // the disk or the database refused
};
// The new account's id.
using CreateResult = std::expected<std::uint64_t, CreateError>;
using CreateDone = std::move_only_function<void(CreateResult)>;

class AccountStore {
 public:
  virtual ~AccountStore() = default;

  // Nothing when there is no such account; an error when the database cannot be read. May block on the disk: called by workers.
  [[nodiscard]] virtual Result<std::optional<Account>> find(std::string_view name) = 0;
  // Calls done exactly once, here or on another thread, after the account is stored or refused. May block until there is room.
  virtual void create(std::string name, std::vector<std::byte> password_hash, std::int32_t rating, CreateDone done) = 0;
};

}  // namespace tickwire::game
