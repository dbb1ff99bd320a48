// What it owns: comparing a latency that the agent shows with true samples of the same run, and how far they may differ.
// Who may use it: tests of this folder.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/echo_server.h"

namespace tickwire::e2e {

// What may differ, and why no more:
//  - A connection's histogram gives the middle of a cell: at most 12.5 % from any sample in it; a service's 6.25 %. That is the
//    promise; nothing is added to it in the tests of the arithmetic.
//  - The agent and the log do not stamp at the same places. Where the log has the moments before and after a call of the kernel, what
//    the agent may show lies between those: however busy the machine's processors are, it is known. Where it has one of them, some 50 us
//    lie between, and now and then milliseconds. A median does not move by that: 0.5 ms. The third largest of 200 may: 3 ms.
//  - The delay of the line, and all noise in it, is in both: nothing is allowed for it.
inline constexpr double kConnectionError = 0.125;
inline constexpr double kServiceError = 0.0625;
inline constexpr std::chrono::nanoseconds kSlackP50 = std::chrono::microseconds(500);
inline constexpr std::chrono::nanoseconds kSlackP99 = std::chrono::milliseconds(3);

// By nearest rank; throws std::out_of_range without a sample.
[[nodiscard]] std::chrono::nanoseconds quantile(std::vector<std::chrono::nanoseconds> samples, double q);

// Expects a number that is within `error` (a part of the truth) and `slack` of the truth.
void expect_close(const nlohmann::json& measured_ns, std::chrono::nanoseconds truth, double error, std::chrono::nanoseconds slack,
                  const std::string& what);

// The same of a truth of which the log has what it was at least and at most: the quantile lies between theirs.
void expect_close(const nlohmann::json& measured_ns, const harness::Durations& truth, double q, double error,
                  std::chrono::nanoseconds slack, const std::string& what);

// The one with this method in a service's list; null when it is not there.
[[nodiscard]] nlohmann::json with_method(const nlohmann::json& latencies, const std::string& method);

}  // namespace tickwire::e2e
