// SPDX-License-Identifier: Apache-2.0
#include "export/events.h"

#include <gtest/gtest.h>

#include "unit/export/sample_events.h"

namespace tickwire::exporting {
namespace {

// The sample's event of a kind, numbered.
model::Event event(model::EventKind kind) { return *sample::event_log().find(static_cast<std::uint64_t>(kind) + 1); }

TEST(EventJson, TellsThatAConnectionWasOpened) {
  EXPECT_EQ(event_json(event(model::EventKind::kOpened)),
            R"({"schema_version":1,"event":"opened","sequence":1,"time":"2026-01-02T03:04:05.000000000Z","service":"world",)"
            R"("protocol":"udp","port":7777,"connection":"12.3","local":"192.0.2.10:7777","remote":"198.51.100.7:40001",)"
            R"("state":"active","seeded":true})"
            "\n");
}

TEST(EventJson, TellsAChangeOfState) {
  EXPECT_EQ(
      event_json(event(model::EventKind::kStateChanged)),
      R"({"schema_version":1,"event":"state_changed","sequence":2,"time":"2026-01-02T03:04:06.000000000Z","service":"lobby",)"
      R"("protocol":"tcp","port":9000,"connection":"4.0","local":"192.0.2.10:9000","remote":"198.51.100.7:40001",)"
      R"("from":"syn_recv","to":"established"})"
      "\n");
}

TEST(EventJson, TellsTheEndOfAConnectionWithItsSummary) {
  EXPECT_EQ(event_json(event(model::EventKind::kClosed)),
            R"({"schema_version":1,"event":"closed","sequence":3,"time":"2026-01-02T03:04:07.000000000Z","service":"lobby",)"
            R"("protocol":"tcp","port":9000,"connection":"4.0","local":"192.0.2.10:9000","remote":"198.51.100.7:40001",)"
            R"("reason":"remote_fin","duration_ns":252000000000,"packets_in":1500,"packets_out":2310,"payload_bytes_in":90000,)"
            R"("payload_bytes_out":500000,"retransmissions":4,"rtt":{"method":"tcp_timestamp","samples":90,"p50_ns":85300000,)"
            R"("p95_ns":110000000,"p99_ns":null,"max_ns":120000000},"turnaround":{"method":null,"samples":0,"p50_ns":null,)"
            R"("p95_ns":null,"p99_ns":null,"max_ns":null}})"
            "\n");
}

TEST(EventJson, TellsAStallOfAServiceWithoutAConnection) {
  EXPECT_EQ(event_json(event(model::EventKind::kStall)),
            R"({"schema_version":1,"event":"stall","sequence":4,"time":"2026-01-02T03:04:08.000000000Z","service":"world",)"
            R"("protocol":"udp","port":7777,"connection":null,"local":null,"remote":null,"interval_ns":150000000,)"
            R"("period_ns":33300000,"lateness_ns":116700000})"
            "\n");
}

TEST(EventJson, TellsASampleOverItsThreshold) {
  EXPECT_EQ(
      event_json(event(model::EventKind::kOverThreshold)),
      R"({"schema_version":1,"event":"over_threshold","sequence":5,"time":"2026-01-02T03:04:09.000000000Z","service":"lobby",)"
      R"("protocol":"tcp","port":9000,"connection":"4.0","local":"192.0.2.10:9000","remote":"198.51.100.7:40001",)"
      R"("quantity":"rtt","method":"tcp_timestamp","value_ns":210000000,"threshold_ns":150000000,"suppressed_before":37})"
      "\n");
}

TEST(EventJson, CountsLostOnesAndShowsThatTheAgentIsThere) {
  EXPECT_EQ(lost_json(12), "{\"schema_version\":1,\"event\":\"lost\",\"count\":12}\n");
  EXPECT_EQ(heartbeat_json(7), "{\"schema_version\":1,\"event\":\"heartbeat\",\"sequence\":7}\n");
}

TEST(EventText, IsALineForEachKind) {
  EXPECT_EQ(event_text(event(model::EventKind::kOpened)),
            "2026-01-02T03:04:05.000Z world 198.51.100.7:40001 opened active, older than the agent\n");
  EXPECT_EQ(event_text(event(model::EventKind::kStateChanged)),
            "2026-01-02T03:04:06.000Z lobby 198.51.100.7:40001 syn_recv -> established\n");
  EXPECT_EQ(
      event_text(event(model::EventKind::kClosed)),
      "2026-01-02T03:04:07.000Z lobby 198.51.100.7:40001 closed by remote_fin after 4m12s: 1.50k packets in, 2.31k out, 4 sent "
      "again; rtt p50 85.3ms, p99 -, max 120ms by tcp_timestamp\n");
  EXPECT_EQ(event_text(event(model::EventKind::kStall)),
            "2026-01-02T03:04:08.000Z world stall: a tick came 117ms late, 150ms after the one before; period 33.3ms\n");
  EXPECT_EQ(
      event_text(event(model::EventKind::kOverThreshold)),
      "2026-01-02T03:04:09.000Z lobby 198.51.100.7:40001 rtt 210ms by tcp_timestamp, over 150ms; 37 more before it were not "
      "told\n");
}

TEST(EventText, LeavesOutWhatThereWasNotAnyOf) {
  model::Event opened = event(model::EventKind::kOpened);
  opened.what = model::Opened{.state = model::ConnectionState::kActive, .seeded = false};
  EXPECT_EQ(event_text(opened), "2026-01-02T03:04:05.000Z world 198.51.100.7:40001 opened active\n");
  model::Event over = event(model::EventKind::kOverThreshold);
  std::get<model::OverThreshold>(over.what).suppressed_before = 0;
  EXPECT_EQ(event_text(over), "2026-01-02T03:04:09.000Z lobby 198.51.100.7:40001 rtt 210ms by tcp_timestamp, over 150ms\n");
}

TEST(EventText, CountsLostOnes) { EXPECT_EQ(lost_text(12), "# 12 events came faster than they were read, and are lost\n"); }

}  // namespace
}  // namespace tickwire::exporting
