// What it owns: the body of a request: a JSON object whose members are text.
// Who may use it: modules with an HTTP face.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "gameserver/common/result.h"

namespace tickwire::game {

using TextMembers = std::map<std::string, std::string, std::less<>>;

struct MemberRule {
  std::string_view name;
  bool is_required = true;
};

// Errors, each a sentence for the client: body is no JSON object, or a member is missing, unknown, no text, or there twice. A name
// that is quoted is cut to 32 characters; values are never quoted, since they may be secret.
[[nodiscard]] Result<TextMembers> parse_text_members(std::string_view body, std::initializer_list<MemberRule> rules);

}  // namespace tickwire::game
