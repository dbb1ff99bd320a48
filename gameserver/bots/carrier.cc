// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/carrier.h"

namespace tickwire::game {

void Carrier::watch(Poller& poller, std::uint64_t id, bool on) {
  if (on == watched_ || !fd_) return;
  watched_ = on;
  if (!on) return poller.remove(fd_.fd());
  if (const auto added = poller.add(fd_.fd(), EPOLLIN, id); !added) player_.fail(added.error());
}

void Carrier::stop() {
  if (!fd_) return;
  witness_.close(fd_.fd());
  fd_.reset();
}

}  // namespace tickwire::game
