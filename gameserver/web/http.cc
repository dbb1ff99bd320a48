// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/http.h"

#include <nlohmann/json.hpp>

namespace tickwire::game {

HttpResponse http_error(unsigned status, std::string_view reason, std::string_view message) {
  return {.status = status, .body = nlohmann::ordered_json{{"error", reason}, {"message", message}}.dump()};
}

}  // namespace tickwire::game
