// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/message_box.h"

#include <utility>

namespace tickwire::game {

bool MessageBox::push(Bytes message) {
  if (bytes_ + message.size() + kMessageCostBytes > kMaxBytes) return false;
  add(std::move(message));
  return true;
}

void MessageBox::add(Bytes message) {
  bytes_ += message.size() + kMessageCostBytes;
  messages_.push_back(std::move(message));
}

bool MessageBox::offer(Bytes snapshot) {
  const bool replaced = snapshot_.has_value();
  snapshot_ = std::move(snapshot);
  return replaced;
}

std::optional<MessageBox::Bytes> MessageBox::take() {
  if (messages_.empty()) return std::exchange(snapshot_, std::nullopt);
  auto message = std::move(messages_.front());
  messages_.pop_front();
  bytes_ -= message.size() + kMessageCostBytes;
  return message;
}

}  // namespace tickwire::game
