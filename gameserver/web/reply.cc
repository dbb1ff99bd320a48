// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/reply.h"

#include <boost/asio/post.hpp>

namespace tickwire::game {
namespace {

class Answer {
 public:
  Answer(std::shared_ptr<ReplyPort> port, std::weak_ptr<ReplyTarget> target, std::uint64_t number)
      : port_(std::move(port)), target_(std::move(target)), number_(number) {}
  Answer(Answer&&) noexcept = default;
  Answer& operator=(Answer&&) = delete;
  ~Answer() { give(std::nullopt); }

  void give(std::optional<HttpResponse> reply) {
    if (const auto port = std::exchange(port_, nullptr)) {
      port->run([target = std::move(target_), number = number_, reply = std::move(reply)]() mutable {
        if (const auto living = target.lock()) living->take_reply(number, std::move(reply));
      });
    }
  }

 private:
  std::shared_ptr<ReplyPort> port_;
  std::weak_ptr<ReplyTarget> target_;
  std::uint64_t number_;
};

}  // namespace

void ReplyPort::run(std::move_only_function<void()> task) {
  if (thread_ == std::this_thread::get_id()) return task();
  const std::lock_guard lock(mutex_);
  if (io_ != nullptr) boost::asio::post(*io_, std::move(task));
}

void ReplyPort::close() {
  const std::lock_guard lock(mutex_);
  io_ = nullptr;
}

HttpReply make_reply(std::shared_ptr<ReplyPort> port, std::weak_ptr<ReplyTarget> target, std::uint64_t number) {
  return [answer = Answer(std::move(port), std::move(target), number)](HttpResponse response) mutable {
    answer.give(std::move(response));
  };
}

}  // namespace tickwire::game
