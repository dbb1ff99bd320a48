// SPDX-License-Identifier: Apache-2.0
#include "app/doctor.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>

#include <memory>
#include <string>
#include <vector>

#include "app/privileges.h"
#include "cli/terminal.h"
#include "export/json.h"
#include "export/tables.h"
#include "kernel/interfaces.h"
#include "kernel/trial.h"

namespace tickwire::app {
namespace {

struct DoctorOptions {
  std::vector<std::string> interfaces;
  std::string cgroup;
  std::string output = "text";
};

}  // namespace

cli::Command add_doctor(CLI::App& program, const model::BuildInfo& build) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      program.add_subcommand("doctor", "Try every hook on this machine and say what works, without a running agent");
  command
      ->add_option("--interface", options->interfaces,
                   "Interface to try arrival and departure on: a name, or /regex/ that the whole name must match.\n"
                   "May be given several times.\nDefault: those with a default route, or lo")
      ->type_name("NAME");
  command
      ->add_option("--cgroup", options->cgroup,
                   "Folder of the cgroup2 hierarchy to try the socket hooks on.\nDefault: its root, where it is mounted")
      ->type_name("PATH");
  command->add_option("-o,--output", options->output, "Form of the output.\nDefault: " + options->output)
      ->type_name("FORM")
      ->check(CLI::IsMember({"text", "json"}));
  return {command, [options, build]() -> Result<int> {
            const Result<std::vector<std::string>> interfaces = kernel::resolve_interfaces(options->interfaces);
            if (!interfaces) return std::unexpected(interfaces.error());
            model::DoctorReport report = kernel::examine(*interfaces, options->cgroup);
            report.version = build.version;
            report.checks.push_back(examine_privileges());
            const auto printed =
                cli::print(options->output == "json" ? exporting::doctor_json(report) : exporting::doctor_text(report));
            if (!printed) return std::unexpected(printed.error());
            return report.usable ? 0 : static_cast<int>(Failure::kMissing);
          }};
}

}  // namespace tickwire::app
