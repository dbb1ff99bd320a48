// SPDX-License-Identifier: Apache-2.0
#include "export/metrics.h"

#include "export/families.h"
#include "export/loop_tick.h"
#include "export/metrics_services.h"
#include "export/metrics_stages.h"
#include "export/slos.h"

namespace tickwire::exporting {
namespace {

using model::Snapshot;
using prometheus::MetricFamily;

void append_one(std::vector<MetricFamily>& families, Family family, double value) {
  FamilyBuilder builder(family);
  builder.add({}, value);
  std::move(builder).finish(families);
}

void append_losses(std::vector<MetricFamily>& families, const Snapshot& snapshot) {
  FamilyBuilder losses(Family::kLosses);
  FamilyBuilder skipped(Family::kSkippedPackets);
  for (const model::LossRow& row : model::loss_rows()) {
    FamilyBuilder& builder = row.kind == model::LossKind::kSkipped ? skipped : losses;
    builder.add({{"reason", std::string(row.reason)}}, static_cast<double>(snapshot.losses[row.loss]));
  }
  std::move(losses).finish(families);
  std::move(skipped).finish(families);
}

void append_kernel(std::vector<MetricFamily>& families, const Snapshot& snapshot) {
  FamilyBuilder packets(Family::kInterfacePackets);
  for (const model::InterfaceTotals& interface : snapshot.interfaces) {
    for (const model::Direction direction : model::kDirections) {
      packets.add({{"interface", interface.name}, {"direction", std::string(name(direction))}},
                  static_cast<double>(interface.seen[static_cast<std::size_t>(direction)]));
    }
  }
  std::move(packets).finish(families);

  FamilyBuilder hooks(Family::kHookAttached);
  for (const model::HookOutcome& hook : snapshot.hooks) {
    for (const model::HookAttempt& attempt : hook.attempts) {
      if (!attempt.tried) continue;
      hooks.add({{"capability", hook.capability}, {"interface", hook.interface}, {"mode", attempt.candidate}},
                attempt.attached ? 1 : 0);
    }
  }
  std::move(hooks).finish(families);

  append_one(families, Family::kSlotsUsed, snapshot.slots_used);
  append_one(families, Family::kSlotsCapacity, snapshot.slots_capacity);

  FamilyBuilder run_time(Family::kBpfRunSeconds);
  FamilyBuilder runs(Family::kBpfRuns);
  for (const model::ProgramTotals& program : snapshot.programs) {
    if (program.runs == 0) continue;
    run_time.add({{"program", program.program}}, seconds(program.run_time));
    runs.add({{"program", program.program}}, static_cast<double>(program.runs));
  }
  std::move(run_time).finish(families);
  std::move(runs).finish(families);
}

void append_agent(std::vector<MetricFamily>& families, const Snapshot& snapshot) {
  FamilyBuilder build(Family::kBuildInfo);
  build.add({{"version", snapshot.build.version}, {"revision", snapshot.build.revision}}, 1);
  std::move(build).finish(families);
  append_one(families, Family::kStartTime, seconds(snapshot.started_unix));
  append_one(families, Family::kReady, snapshot.readiness.ready ? 1 : 0);
  append_one(families, Family::kTicks, static_cast<double>(snapshot.ticks));
  append_one(families, Family::kLastTick, seconds(snapshot.unix_time));
  append_one(families, Family::kReadTime, seconds(snapshot.read_time));
  append_one(families, Family::kClosedRowsDropped, static_cast<double>(snapshot.closed_rows_dropped));
  append_one(families, Family::kServicesRefused, static_cast<double>(snapshot.services_refused));
}

}  // namespace

std::vector<MetricFamily> service_families(const Snapshot& snapshot) {
  std::vector<MetricFamily> families;
  append_service_families(families, snapshot.services);
  append_stage_families(families, snapshot);
  append_slo_family(families, snapshot);
  append_tick_families(families, snapshot.services);
  append_losses(families, snapshot);
  append_kernel(families, snapshot);
  append_agent(families, snapshot);
  return families;
}

MetricFamily http_family(const HttpRefusals& refusals) {
  FamilyBuilder builder(Family::kHttpRefused);
  builder.add({{"reason", "password"}}, static_cast<double>(refusals.password));
  builder.add({{"reason", "limit"}}, static_cast<double>(refusals.limit));
  std::vector<MetricFamily> families;
  std::move(builder).finish(families);
  return std::move(families.front());
}

std::vector<MetricFamily> MetricsCollectable::Collect() const {
  const std::shared_ptr<const Snapshot> snapshot = latest_();
  return snapshot ? service_families(*snapshot) : std::vector<MetricFamily>{};
}

}  // namespace tickwire::exporting
