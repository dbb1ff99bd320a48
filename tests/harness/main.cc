// SPDX-License-Identifier: Apache-2.0
// Runs the tests of a binary that makes namespaces: needs root, and leaves none behind.
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/network.h"

namespace {

class Namespaces : public ::testing::Environment {
 public:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: network namespaces are made";
    tickwire::harness::sweep_namespaces();
  }
  void TearDown() override {
    if (::geteuid() == 0) tickwire::harness::sweep_namespaces();
  }
};

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  ::testing::AddGlobalTestEnvironment(new Namespaces);
  return RUN_ALL_TESTS();
}
