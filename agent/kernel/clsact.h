// What it owns: our filter in the clsact qdisc of one interface, for kernels without TCX. Nothing here goes with the process, so
// it is swept at start and taken away at the end; a filter or qdisc of somebody else is never touched.
// Who may use it: agent/kernel only.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace tickwire::kernel {

enum class ClsactSide : unsigned char { kIngress, kEgress };

class ClsactFilter {
 public:
  // Our filters' place: in front of those whose priority the kernel chooses (49152), behind those that ask to be first.
  static constexpr unsigned kPriority = 7;
  static constexpr unsigned kHandle = 0x7477;  // "tw"

  // Makes the qdisc if it is not there, and replaces a filter of ours that a killed agent left.
  [[nodiscard]] static Result<std::unique_ptr<ClsactFilter>> attach(int ifindex, ClsactSide side, int borrowed_program_fd);
  // Takes the filter away, and the qdisc if this process made it and nobody else uses it now.
  ~ClsactFilter();
  ClsactFilter(const ClsactFilter&) = delete;
  ClsactFilter& operator=(const ClsactFilter&) = delete;

 private:
  ClsactFilter(int ifindex, ClsactSide side, bool made_qdisc) : ifindex_(ifindex), side_(side), made_qdisc_(made_qdisc) {}
  int ifindex_;
  ClsactSide side_;
  bool made_qdisc_;
};

// Removes filters that an agent left on the interface when it was killed. False if there was none.
bool sweep_clsact(int ifindex, ClsactSide side);

}  // namespace tickwire::kernel
