// SPDX-License-Identifier: Apache-2.0
#include "model/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.h"

namespace tickwire::model {
namespace {

constexpr std::size_t kLongestName = 63;

}  // namespace

bool is_service_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

Result<ServiceId> ServiceId::parse(std::string_view text) {
  const std::string hint = "write it like world=udp/7777";
  const std::string context = fmt::format("service \"{}\"", text);
  const std::size_t equals = text.find('=');
  const std::string_view place = equals == std::string_view::npos ? text : text.substr(equals + 1);
  const std::size_t slash = place.find('/');
  if (slash == std::string_view::npos) return fail_usage(context + ": there is no PROTOCOL/PORT in it", hint);

  const std::optional<Protocol> protocol = protocol_of(place.substr(0, slash));
  if (!protocol)
    return fail_usage(fmt::format("{}: the protocol \"{}\" is neither tcp nor udp", context, place.substr(0, slash)), hint);

  const auto port = parse_number(place.substr(slash + 1), 1, std::numeric_limits<std::uint16_t>::max());
  if (!port) return fail_usage(fmt::format("{}: the port: {}", context, port.error().message), hint);

  ServiceId id{.name = {}, .protocol = *protocol, .port = static_cast<std::uint16_t>(*port)};
  id.name = equals == std::string_view::npos ? fmt::format("{}-{}", model::name(id.protocol), id.port)
                                             : std::string(text.substr(0, equals));
  if (!is_service_name(id.name)) return fail_usage(context + ": the name is not 1 to 63 of A-Z a-z 0-9 . _ -", hint);
  return id;
}

std::string ServiceId::text() const { return fmt::format("{} {}/{}", name, model::name(protocol), port); }

}  // namespace tickwire::model
