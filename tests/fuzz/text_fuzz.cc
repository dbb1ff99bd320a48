// SPDX-License-Identifier: Apache-2.0
// Everything that users write: it is accepted or refused with a reason, and what is accepted lies within its ranges.
//
// An input: a byte that chooses what the rest of it is.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/text.h"
#include "base/unique_fd.h"
#include "config/options.h"
#include "fuzz/check.h"
#include "model/address.h"
#include "model/connection.h"
#include "model/query.h"
#include "model/rule.h"
#include "model/service.h"
#include "model/slo_limit.h"
#include "model/threshold.h"
#include "tickwire/rule.h"
#include "unit/config/command_line.h"

namespace tickwire::fuzz {
namespace {

template <typename Value>
bool accepted(const Result<Value>& result) {
  if (!result)
    check(result.error().failure == Failure::kUsage && !result.error().text().empty(), "a refusal is the user's, and says why");
  return result.has_value();
}

void rule(std::string_view text) {
  const auto rule = model::Rule::parse(text);
  if (!accepted(rule)) return;
  for (const model::RuleField& field : {rule->token[0], rule->token[1], rule->echo[0], rule->echo[1]}) {
    check(field.width_bits >= 1 && field.width_bits <= TW_FIELD_WIDTH_MAX, "a field has 1 to 32 bits");
    check(field.offset_bits + field.width_bits <= TW_FIELD_END_MAX, "a field ends within its bounds");
  }
}

void service(std::string_view text) {
  const auto service = model::ServiceId::parse(text);
  if (accepted(service)) check(service->port >= 1 && !service->name.empty(), "a service has a port and a name");
}

void addresses(std::string_view text) {
  if (const auto address = model::IpAddress::parse(text); accepted(address))
    check(model::IpAddress::parse(address->text()) == *address, "an address reads back from its text");
  if (const auto endpoint = model::Endpoint::parse(text); accepted(endpoint))
    check(model::Endpoint::parse(endpoint->text()) == *endpoint, "an endpoint reads back from its text");
  if (const auto cidr = model::Cidr::parse(text); accepted(cidr))
    check(cidr->length <= 128 && cidr->contains(cidr->address), "a range contains its address");
  if (const auto id = model::ConnectionId::parse(text))
    check(model::ConnectionId::parse(id->text()) == *id, "an id reads back from its text");
  accepted(config::parse_listen(text));
}

void numbers(std::string_view text) {
  if (const auto duration = parse_duration(text); accepted(duration))
    check(duration->count() >= 0 && *duration <= std::chrono::hours(24), "a duration is at most a day");
  if (const auto number = parse_number(text, 5, 500); accepted(number))
    check(*number >= 5 && *number <= 500, "a number is in its range");
}

// name=value lines, as the parameters of a request come.
void query(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (std::size_t at = 0; at < text.size() && parameters.size() < 8;) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const std::size_t equals = std::min(line.find('='), line.size());
    parameters.emplace_back(line.substr(0, equals), line.substr(std::min(equals + 1, line.size())));
    at = end + 1;
  }
  accepted(model::ConnectionQuery::parse(parameters));
}

// The whole of it: a configuration file, with the flags' own checks behind it.
void file(std::string_view text) {
  const UniqueFd memory(::memfd_create("config", MFD_CLOEXEC));
  check(::write(memory.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size()), "the file is written");
  const config::Parsed parsed = config::parse_run({"--config", "/proc/self/fd/" + std::to_string(memory.fd())});
  if (parsed.error.empty()) accepted(config::validate(parsed.options));
}

void run(std::string_view input) {
  if (input.empty()) return;
  const std::string_view text = input.substr(1);
  switch (static_cast<unsigned char>(input[0]) % 8) {
    case 0:
      return rule(text);
    case 1:
      return service(text);
    case 2:
      return addresses(text);
    case 3:
      return numbers(text);
    case 4:
      return query(text);
    case 5:
      accepted(model::Threshold::parse(text));
      return;
    case 6:
      accepted(model::Slo::parse(text));
      return;
    default:
      return file(text);
  }
}

}  // namespace
}  // namespace tickwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const char* bytes, std::size_t length) {
  tickwire::fuzz::run({bytes, length});
  return 0;
}
