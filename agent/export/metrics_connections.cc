// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "export/families.h"
#include "export/metrics.h"
#include "export/stages.h"
#include "model/shown.h"

namespace tickwire::exporting {
namespace {

using model::Connection;
using Row = std::shared_ptr<const Connection>;

// One row for each set of labels: of connections that followed each other between the same endpoints, the last.
std::vector<Row> distinct(const model::Snapshot& snapshot) {
  std::map<model::ConnectionKey, Row> last;
  for (const Row& row : snapshot.connections) {
    Row& kept = last[row->key];
    const bool ends_later = kept && !row->closed && kept->closed;
    const bool same_fate = kept && row->closed.has_value() == kept->closed.has_value();
    if (!kept || ends_later || (same_fate && row->opened > kept->opened)) kept = row;
  }
  std::vector<Row> rows;
  rows.reserve(last.size());
  for (auto& [key, row] : last) rows.push_back(std::move(row));
  return rows;
}

// Highest rtt p99 first, then those without one; ties by id, so that a scrape does not differ from the next for no reason.
bool precedes(const model::Shown& shown, const Row& left, const Row& right) {
  const auto& left_p99 = shown.latency(*left, left->rtt).p99;
  const auto& right_p99 = shown.latency(*right, right->rtt).p99;
  if (left_p99 != right_p99) return left_p99 > right_p99;  // an empty optional is less than any value
  return left->id < right->id;
}

Labels labels_of(const Connection& connection) {
  return {{"service", connection.service ? connection.service->name : std::string()},
          {"protocol", std::string(name(connection.key.protocol))},
          {"local", connection.key.local.text()},
          {"remote", connection.key.remote.text()}};
}

void add_latency(FamilyBuilder& builder, const Labels& labels, const model::Latency& latency) {
  if (!latency.series || !latency.histogram) return;
  Labels all = labels;
  all.push_back({"method", std::string(model::row(*latency.series).method)});
  const model::Histogram* part = latency.histogram.get();
  builder.add_histogram(std::move(all), model::octave_bounds(), std::span(&part, 1));
}

void add_stages(FamilyBuilder& builder, const Labels& labels, const Connection& connection) {
  for (const model::Stage stage : kAllStages) {
    const model::Latency& latency = latency_of(connection, stage);
    if (!latency.histogram) continue;
    Labels all = labels;
    all.push_back({"stage", std::string(name(stage))});
    builder.add_sum(std::move(all), latency.histogram->sum(), latency.samples());
  }
}

void add_jitter(FamilyBuilder& builder, const Labels& labels, const Connection& connection) {
  for (const model::JitterKind kind : model::kJitterKinds) {
    const auto jitter = connection.jitter(kind);
    if (!jitter) continue;
    Labels all = labels;
    all.push_back({"direction", std::string(name(kind))});
    builder.add(std::move(all), seconds(*jitter));
  }
}

}  // namespace

std::vector<prometheus::MetricFamily> connection_families(const model::Snapshot& snapshot, std::size_t most) {
  std::vector<Row> rows = distinct(snapshot);
  const std::size_t kept = std::min(most, rows.size());
  const std::size_t dropped = rows.size() - kept;
  const model::Shown shown(snapshot);
  std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(kept), rows.end(),
                    [&](const Row& left, const Row& right) { return precedes(shown, left, right); });
  rows.resize(kept);

  FamilyBuilder rtt(Family::kConnectionRtt);
  FamilyBuilder turnaround(Family::kConnectionTurnaround);
  FamilyBuilder packets(Family::kConnectionPackets);
  FamilyBuilder bytes(Family::kConnectionPayloadBytes);
  FamilyBuilder retransmissions(Family::kConnectionRetransmissions);
  FamilyBuilder out_of_order(Family::kConnectionOutOfOrder);
  FamilyBuilder stages(Family::kConnectionStage);
  FamilyBuilder jitter(Family::kConnectionJitter);
  for (const Row& row : rows) {
    const Labels labels = labels_of(*row);
    add_stages(stages, labels, *row);
    add_jitter(jitter, labels, *row);
    add_latency(rtt, labels, shown.latency(*row, row->rtt));
    add_latency(rtt, labels, shown.latency(*row, row->rtt_network));
    add_latency(turnaround, labels, shown.latency(*row, row->turnaround));
    for (const model::Direction direction : model::kDirections) {
      const model::Traffic& traffic = row->traffic[static_cast<std::size_t>(direction)];
      Labels directed = labels;
      directed.push_back({"direction", std::string(name(direction))});
      packets.add(directed, static_cast<double>(traffic.packets));
      bytes.add(std::move(directed), static_cast<double>(traffic.bytes));
    }
    if (row->key.protocol != model::Protocol::kTcp) continue;
    retransmissions.add(labels, static_cast<double>(row->retransmissions));
    out_of_order.add(labels, static_cast<double>(row->out_of_order));
  }
  FamilyBuilder left_out(Family::kConnectionSeriesDropped);
  left_out.add({}, static_cast<double>(dropped));

  std::vector<prometheus::MetricFamily> families;
  std::move(rtt).finish(families);
  std::move(turnaround).finish(families);
  std::move(packets).finish(families);
  std::move(bytes).finish(families);
  std::move(retransmissions).finish(families);
  std::move(out_of_order).finish(families);
  std::move(stages).finish(families);
  std::move(jitter).finish(families);
  std::move(left_out).finish(families);
  return families;
}

}  // namespace tickwire::exporting
