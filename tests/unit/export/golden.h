// What it owns: comparing an output with the file of golden/ that says how it must look.
// Who may use it: tests of export.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tickwire::golden {

// The text of a file of the project, by its path from the project's top; empty when it is not there.
std::string project_file(const std::string& path);

// The text of golden/NAME. With TICKWIRE_UPDATE_GOLDEN in the environment it is `actual`, which is written there first: look at
// the difference before you commit it.
std::string expected(const std::string& name, const std::string& actual);

}  // namespace tickwire::golden
