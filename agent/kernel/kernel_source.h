// What it owns: the loaded programs, their maps and their links: the kernel side of the agent, opened, read and closed.
// Who may use it: app. libbpf is seen in this room and nowhere else.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/options.h"
#include "ingest/source.h"
#include "model/hooks.h"
#include "model/rule.h"
#include "model/service.h"
#include "model/threshold.h"

namespace tickwire::kernel {

struct SourceOptions {
  std::vector<std::string> interfaces;  // names that exist
  std::uint32_t max_connections = 16384;
  std::uint32_t max_services = 64;
  bool rules = false;                        // services may have rules: the memory for it is taken
  bool ticks = true;                         // the game loops' ticks are inferred
  bool stages = true;                        // stages, pace and delayed acknowledgements are measured
  std::vector<model::Threshold> thresholds;  // longer samples are told as events
  std::string cgroup;                        // where the socket hooks go; empty: the hierarchy's root, where it is mounted
  config::Arrival arrival = config::Arrival::kAuto;
  config::Departure departure = config::Departure::kAuto;
  config::TcpStateHook tcp_state = config::TcpStateHook::kAuto;
  config::TcpWriteHook tcp_write = config::TcpWriteHook::kAuto;
};

class KernelSource : public ingest::Source {
 public:
  // Loads, makes the maps, attaches to every interface; watches no service yet. Errors (nothing stays attached): privilege or BTF
  // missing (Failure::kMissing), an interface that is not there or not Ethernet, an interface on which another agent works already,
  // a departure or arrival that nothing could be attached for.
  [[nodiscard]] static Result<std::unique_ptr<KernelSource>> open(const SourceOptions& options);

  // Watches the service under a number from now on, by its rule if it has one (null: none; wants SourceOptions::rules), or stops.
  // Numbers are 0 .. max_services - 1. Sockets that exist are seeded.
  [[nodiscard]] virtual Result<void> watch(std::uint16_t number, const model::ServiceId& service, const model::Rule* rule) = 0;
  virtual void unwatch(std::uint16_t number) = 0;

  // Follows an interface that appeared.
  [[nodiscard]] virtual Result<void> add_interface(const std::string& name) = 0;
  // Lets one go that vanished. False: it was not watched.
  virtual bool remove_interface(const std::string& name) = 0;

  // What was tried for each capability and what came of it.
  [[nodiscard]] virtual std::vector<model::HookOutcome> hooks() const = 0;
};

}  // namespace tickwire::kernel
