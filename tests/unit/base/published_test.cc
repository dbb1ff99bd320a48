// SPDX-License-Identifier: Apache-2.0
#include "base/published.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace tickwire {
namespace {

TEST(Published, IsNullBeforeTheFirstValue) { EXPECT_EQ(Published<int>().load(), nullptr); }

TEST(Published, IsTheNewestValue) {
  Published<int> numbers(std::make_shared<int>(1));
  numbers.store(std::make_shared<int>(2));
  EXPECT_EQ(*numbers.load(), 2);
}

TEST(Published, LeavesAReaderTheValueThatHeTook) {
  Published<int> numbers(std::make_shared<int>(1));
  const auto taken = numbers.load();
  numbers.store(std::make_shared<int>(2));
  EXPECT_EQ(*taken, 1);
}

TEST(Published, NeverGoesBackForAReader) {
  constexpr int kLast = 10'000;
  Published<int> numbers(std::make_shared<int>(0));
  std::thread writer([&] {
    for (int number = 1; number <= kLast; ++number) numbers.store(std::make_shared<int>(number));
  });
  int newest = 0;
  while (newest < kLast) {
    const int number = *numbers.load();
    EXPECT_GE(number, newest);
    newest = number;
  }
  writer.join();
}

}  // namespace
}  // namespace tickwire
