// SPDX-License-Identifier: Apache-2.0
#include "kernel/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tickwire::kernel {
namespace {

namespace fs = std::filesystem;
using model::Protocol;
using model::ServiceId;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kHeadings =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
constexpr const char* kAny = "00000000:0000";
constexpr const char* kAny6 = "00000000000000000000000000000000:0000";

// A /proc made by hand in a temporary folder.
class Discovery : public testing::Test {
 protected:
  Discovery() {
    std::string pattern = (fs::temp_directory_path() / "tickwire-proc-XXXXXX").native();
    root_ = ::mkdtemp(pattern.data());
    fs::create_directories(root_ / "net");
    for (const char* table : {"tcp", "tcp6", "udp", "udp6"}) write("net/" + std::string(table), kHeadings);
  }
  ~Discovery() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void socket(const std::string& table, const std::string& local, const std::string& remote, const std::string& state,
              int inode) {
    std::ofstream(root_ / "net" / table, std::ios::app)
        << "   0: " << local << " " << remote << " " << state << " 00000000:00000000 00:00000000 00000000     0        0 "
        << inode << " 1 0000000000000000 100 0 0 10 0\n";
  }
  void process(int pid, const std::string& comm, std::initializer_list<std::string> links) {
    const std::string folder = std::to_string(pid);
    write(folder + "/comm", comm + "\n");
    fs::create_directories(root_ / folder / "fd");
    int fd = 3;
    for (const std::string& link : links) fs::create_symlink(link, root_ / folder / "fd" / std::to_string(fd++));
  }
  std::vector<ServiceId> discovered() { return discover_services(root_.native()).value(); }

  fs::path root_;
};

TEST_F(Discovery, FindsNothingWithoutSockets) { EXPECT_THAT(discovered(), IsEmpty()); }

TEST_F(Discovery, NamesAListeningTcpSocketByItsProcess) {
  socket("tcp", "0100007F:2328", kAny, "0A", 4026);
  process(700, "gameserver", {"/dev/null", "socket:[4026]"});
  EXPECT_THAT(discovered(), ElementsAre(ServiceId{"gameserver", Protocol::kTcp, 9000}));
}

TEST_F(Discovery, LeavesOutTcpThatDoesNotListen) {
  socket("tcp", "010200C0:2328", "076433C6:C350", "01", 4026);
  socket("tcp", "010200C0:2328", "076433C6:C351", "06", 0);
  EXPECT_THAT(discovered(), IsEmpty());
}

TEST_F(Discovery, FindsABoundUdpSocket) {
  socket("udp", "00000000:1E61", kAny, "07", 4027);
  process(700, "gameserver", {"socket:[4027]"});
  EXPECT_THAT(discovered(), ElementsAre(ServiceId{"gameserver", Protocol::kUdp, 7777}));
}

TEST_F(Discovery, LeavesOutConnectedUdp) {
  socket("udp", "010200C0:1E61", "076433C6:0035", "01", 4027);
  socket("udp", "010200C0:1E62", "076433C6:0035", "07", 4028);
  EXPECT_THAT(discovered(), IsEmpty());
}

TEST_F(Discovery, LeavesOutUdpOnEphemeralPortsButNotTcp) {
  write("sys/net/ipv4/ip_local_port_range", "40000\t40001\n");
  for (const char* port : {"9C3F", "9C40", "9C41", "9C42"}) {  // 39999 .. 40002
    socket("udp", std::string("00000000:") + port, kAny, "07", 1);
  }
  socket("tcp", "00000000:9C40", kAny, "0A", 2);
  EXPECT_THAT(discovered(),
              ElementsAre(ServiceId{"udp-39999", Protocol::kUdp, 39999}, ServiceId{"tcp-40000", Protocol::kTcp, 40000},
                          ServiceId{"udp-40002", Protocol::kUdp, 40002}));
}

TEST_F(Discovery, TakesTheKernelsOwnRangeWhenNoneIsTold) {
  socket("udp", "00000000:8000", kAny, "07", 1);  // 32768
  socket("udp", "00000000:7FFF", kAny, "07", 2);
  EXPECT_THAT(discovered(), ElementsAre(ServiceId{"udp-32767", Protocol::kUdp, 32767}));
}

TEST_F(Discovery, GivesBothFamiliesOfAPortOnce) {
  socket("tcp", "00000000:2328", kAny, "0A", 1);
  socket("tcp6", "00000000000000000000000000000000:2328", kAny6, "0A", 2);
  socket("udp6", "00000000000000000000000000000000:1E61", kAny6, "07", 3);
  process(700, "gate", {"socket:[1]", "socket:[2]"});
  process(701, "world", {"socket:[3]"});
  EXPECT_THAT(discovered(), ElementsAre(ServiceId{"world", Protocol::kUdp, 7777}, ServiceId{"gate", Protocol::kTcp, 9000}));
}

TEST_F(Discovery, OrdersByPortThenProtocol) {
  socket("udp", "00000000:2328", kAny, "07", 1);
  socket("tcp", "00000000:2329", kAny, "0A", 2);
  socket("tcp", "00000000:2328", kAny, "0A", 3);
  EXPECT_THAT(discovered(), ElementsAre(ServiceId{"tcp-9000", Protocol::kTcp, 9000}, ServiceId{"udp-9000", Protocol::kUdp, 9000},
                                        ServiceId{"tcp-9001", Protocol::kTcp, 9001}));
}

TEST_F(Discovery, TakesTheProcessOfTheLowestNumber) {
  socket("tcp", "00000000:2328", kAny, "0A", 1);
  process(1200, "worker", {"socket:[1]"});
  process(700, "master", {"socket:[1]"});
  EXPECT_THAT(discovered(), ElementsAre(ServiceId{"master", Protocol::kTcp, 9000}));
}

TEST_F(Discovery, FallsBackToThePortWhenTheProcessCannotBeSeen) {
  socket("tcp", "00000000:2328", kAny, "0A", 1);
  process(700, "other", {"socket:[2]", "pipe:[1]", "socket:1", "anon_inode:[eventpoll]"});
  EXPECT_THAT(discovered(), ElementsAre(ServiceId{"tcp-9000", Protocol::kTcp, 9000}));
}

TEST_F(Discovery, PassesOverAProcessThatVanished) {
  socket("tcp", "00000000:2328", kAny, "0A", 1);
  process(600, "gone", {"socket:[1]"});
  fs::remove(root_ / "600" / "comm");
  fs::create_directories(root_ / "650");
  process(700, "here", {"socket:[1]"});
  EXPECT_THAT(discovered(), ElementsAre(ServiceId{"here", Protocol::kTcp, 9000}));
}

TEST_F(Discovery, MakesANameFit) {
  socket("tcp", "00000000:2328", kAny, "0A", 1);
  process(700, "(sd) a/b\n\xc3\xa9", {"socket:[1]"});
  EXPECT_THAT(discovered(), ElementsAre(ServiceId{"-sd--a-b---", Protocol::kTcp, 9000}));
}

TEST_F(Discovery, SkipsLinesThatAreNoSockets) {
  std::ofstream(root_ / "net" / "tcp", std::ios::app) << "   0: junk\n\n   1: a b 0A c d e f g h i\n";
  socket("tcp", "00000000:XXXX", kAny, "0A", 1);
  socket("tcp", "00000000:0000", kAny, "0A", 2);
  socket("tcp", "00000000:2328", kAny, "0A", 3);
  EXPECT_THAT(discovered(), ElementsAre(ServiceId{"tcp-9000", Protocol::kTcp, 9000}));
}

TEST_F(Discovery, WorksWithoutIpv6) {
  fs::remove(root_ / "net" / "tcp6");
  fs::remove(root_ / "net" / "udp6");
  socket("tcp", "00000000:2328", kAny, "0A", 3);
  EXPECT_THAT(discovered(), ElementsAre(ServiceId{"tcp-9000", Protocol::kTcp, 9000}));
}

TEST_F(Discovery, FailsWithoutAnySocketTable) {
  fs::remove_all(root_ / "net");
  const auto result = discover_services(root_.native());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().failure, Failure::kFailed);
  EXPECT_EQ(result.error().hint, "name them with --service");
}

}  // namespace
}  // namespace tickwire::kernel
