// SPDX-License-Identifier: Apache-2.0
#include "export/stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tickwire::exporting {
namespace {

using model::Connection;
using model::HookOutcome;
using model::Protocol;
using model::Snapshot;
using model::Stage;
using std::chrono::nanoseconds;

constexpr std::string_view kDelivery = "delivery";

std::string_view capability_of(Protocol protocol, Stage stage) {
  const bool tcp = protocol == Protocol::kTcp;
  switch (stage) {
    case Stage::kNicToSocket:
      return kDelivery;
    case Stage::kSocketToApp:
      return tcp ? "tcp_read" : "udp_read";
    case Stage::kApp:
      return tcp ? "tcp_write" : "udp_write";
    case Stage::kAppToNic:
      return "departure";
    case Stage::kQdisc:
      break;
  }
  return "qdisc";
}

// "cgroup/recvmsg4", "cgroup/recvmsg6": one name that ends in the families.
bool joins(const std::string& text, const std::string& next) {
  return text.size() >= next.size() && text.ends_with('4') && next.ends_with('6') &&
         std::string_view(text).substr(text.size() - next.size(), next.size() - 1) ==
             std::string_view(next).substr(0, next.size() - 1);
}

void join(std::string& text, const std::string& next) {
  if (text.empty()) {
    text = next;
  } else if (joins(text, next)) {
    text += ",6";
  } else if (text.find(next) == std::string::npos) {
    text += " " + next;
  }
}

}  // namespace

std::string_view name(Stage stage) { return model::row(series_of(stage)).method; }

model::Series series_of(Stage stage) {
  return static_cast<model::Series>(TW_SERIES_STAGE_NIC_TO_SOCKET + static_cast<std::size_t>(stage));
}

bool has_stages(const Snapshot& snapshot) {
  return std::ranges::find(snapshot.hooks, kDelivery, &HookOutcome::capability) != snapshot.hooks.end();
}

std::string attached(const Snapshot& snapshot, std::string_view capability) {
  std::string text;
  for (const HookOutcome& hook : snapshot.hooks) {
    if (hook.capability != capability) continue;
    for (const model::HookAttempt& attempt : hook.attempts) {
      if (attempt.attached) join(text, attempt.candidate);
    }
  }
  return text;
}

std::string hook_of(const Snapshot& snapshot, Protocol protocol, Stage stage) {
  return attached(snapshot, capability_of(protocol, stage));
}

const model::Latency& latency_of(const Connection& connection, Stage stage) {
  return connection.stages[static_cast<std::size_t>(stage)];
}

std::string why_no_stage(const Snapshot& snapshot, const Connection& connection, Stage stage) {
  if (!has_stages(snapshot)) return "the agent runs without stages";
  const Protocol protocol = connection.key.protocol;
  const bool added = stage != Stage::kQdisc;
  for (const Stage each : kAllStages) {
    // A sample of the stages that add up wants the hooks of all of them; one of the qdisc only its own.
    if ((each != Stage::kQdisc) != added || !hook_of(snapshot, protocol, each).empty()) continue;
    return fmt::format("nothing is attached for {}; `tickwire status` says why", capability_of(protocol, each));
  }
  if (!added) return "no packet was seen to leave the queue";
  if (!connection.followed || connection.followed->followed == 0) return "no request was followed to the socket yet";
  if (connection.followed->resyncs > 0) return "the game looks at datagrams before it reads them";
  return "no request was followed to its answer yet";
}

std::optional<nanoseconds> followed_turnaround(const Connection& connection) {
  nanoseconds sum{0};
  for (std::size_t i = 0; i < model::kAddedStages; ++i) {
    const model::Latency& stage = connection.stages[i];
    if (stage.samples() == 0) return std::nullopt;
    sum += *stage.histogram->mean();
  }
  return sum;
}

std::optional<nanoseconds> shortest_rtt(const Snapshot& snapshot, const Connection& connection, model::Window window) {
  const auto prompt = snapshot.summary(connection, connection.rtt, window).min;
  const auto delayed = snapshot.summary(connection, connection.rtt_delayed, window).min;
  return prompt && delayed ? std::min(*prompt, *delayed) : prompt ? prompt : delayed;
}

}  // namespace tickwire::exporting
