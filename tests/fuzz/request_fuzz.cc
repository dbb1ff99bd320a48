// SPDX-License-Identifier: Apache-2.0
// Requests of the API, without a network: whatever is asked, there is an answer, and it is one of those that are promised.
//
// An input: a byte of choices, the path up to a line's end, and parameters, name=value, one a line.
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "api/routes.h"
#include "fuzz/check.h"
#include "unit/export/sample_snapshot.h"

namespace tickwire::fuzz {
namespace {

constexpr std::array kStatuses{200U, 400U, 403U, 404U, 405U, 503U};

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

void run(std::string_view input) {
  static const auto snapshot = std::make_shared<const model::Snapshot>(sample::snapshot());
  if (input.empty()) return;
  const auto choices = static_cast<unsigned char>(input[0]);
  input.remove_prefix(1);
  const api::Routes routes(
      {.expose_connections = (choices & 1) != 0, .connection_series = 3}, [&] { return (choices & 2) != 0 ? nullptr : snapshot; },
      [] { return snapshot->monotonic; });
  api::Request request{.listener = (choices & 4) != 0 ? api::Listener::kTcp : api::Listener::kUnix,
                       .method = (choices & 8) != 0 ? "POST" : "GET",
                       .path = take_line(input)};
  while (!input.empty() && request.parameters.size() < 8) {
    const std::string_view line = take_line(input);
    const std::size_t equals = std::min(line.find('='), line.size());
    request.parameters.emplace_back(line.substr(0, equals), line.substr(std::min(equals + 1, line.size())));
  }
  const api::Response response = routes.answer(request);
  check(std::ranges::find(kStatuses, response.status) != kStatuses.end(), "the status is one of those that are promised");
  check(response.events || !response.content_type.empty(), "a body has its type");
  check((response.status == 405) == !response.allow.empty(), "Allow goes with 405");
  check(response.status == 200 || !response.body.empty(), "a refusal says why");
}

}  // namespace
}  // namespace tickwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const char* bytes, std::size_t length) {
  tickwire::fuzz::run({bytes, length});
  return 0;
}
