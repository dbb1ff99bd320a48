// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.h"

namespace tickwire::cli {

Result<int> run_watch(const Watch& watch) {
  constexpr int kTries = 3;
  int failures = 0;
  do {
    auto picture = watch.fetch();
    if (!picture) {
      if (picture.error().failure == Failure::kUsage || ++failures == kTries) return std::unexpected(picture.error());
      continue;
    }
    failures = 0;
    const auto shown = watch.show(*picture);
    if (!shown) return std::unexpected(shown.error());
    if (!*shown) return 0;
  } while (!watch.interrupted());
  return 0;
}

}  // namespace tickwire::cli
