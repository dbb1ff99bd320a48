// SPDX-License-Identifier: Apache-2.0
#include "api/listener.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "unit/api/http_peer.h"

namespace tickwire::api {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Listeners : public ServerTest {};

unsigned mode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

// A socket file that nobody listens on, as a killed agent leaves it.
void leave_dead_socket(const std::string& path) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = unix_address(path);
  ASSERT_EQ(::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

TEST_F(Listeners, NameThePortInUse) {
  const auto first = listen_tcp({.host = "127.0.0.1", .port = 0});
  ASSERT_TRUE(first);
  const auto second = listen_tcp({.host = "127.0.0.1", .port = first->port});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().failure, Failure::kFailed);
  EXPECT_EQ(second.error().message,
            "listen on 127.0.0.1:" + std::to_string(first->port) + ": EADDRINUSE (Address already in use)");
  EXPECT_THAT(second.error().hint, AllOf(HasSubstr("another process"), HasSubstr("--listen")));
}

TEST_F(Listeners, NameAnAddressThatIsNotOfThisMachine) {
  const auto listener = listen_tcp({.host = "192.0.2.1", .port = 0});
  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error().message, HasSubstr("listen on 192.0.2.1:0: EADDRNOTAVAIL"));
}

TEST_F(Listeners, NameAHostThatDoesNotExist) {
  const auto listener = listen_tcp({.host = "no.such.host.invalid", .port = 9435});
  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error().message, HasSubstr("listen on no.such.host.invalid:9435: "));
}

TEST_F(Listeners, TakeANameForALoopbackAddress) {
  const auto listener = listen_tcp({.host = "localhost", .port = 0});
  ASSERT_TRUE(listener) << listener.error().text();
  EXPECT_TRUE(connect_tcp(listener->port));
}

TEST_F(Listeners, TakeAnEmptyHostForAllAddresses) {
  const auto listener = listen_tcp({.host = "", .port = 0});
  ASSERT_TRUE(listener) << listener.error().text();
  EXPECT_TRUE(connect_tcp(listener->port));
}

TEST_F(Listeners, TakeAnIpv6Address) {
  const auto listener = listen_tcp({.host = "::1", .port = 0});
  if (!listener && listener.error().message.find("EADDRNOTAVAIL") != std::string::npos) GTEST_SKIP() << "no IPv6 on lo";
  ASSERT_TRUE(listener) << listener.error().text();
  EXPECT_NE(listener->port, 0);
}

TEST_F(Listeners, GiveTheSocketMode0660AndItsFolders0755) {
  const std::string path = folder_ / "a" / "b" / "api.sock";
  const mode_t before = ::umask(0);
  const auto listener = UnixListener::listen(path);
  EXPECT_EQ(::umask(before), 0U);  // left as it was
  ASSERT_TRUE(listener) << listener.error().text();
  EXPECT_EQ(mode_of(path), 0660U);
  EXPECT_EQ(mode_of(folder_ / "a"), 0755U);
  EXPECT_EQ(mode_of(folder_ / "a" / "b"), 0755U);
}

TEST_F(Listeners, GiveTheSameModesUnderAStrictUmask) {
  const std::string path = folder_ / "a" / "api.sock";
  const mode_t before = ::umask(0777);
  const auto listener = UnixListener::listen(path);
  ::umask(before);
  ASSERT_TRUE(listener) << listener.error().text();
  EXPECT_EQ(mode_of(path), 0660U);
  EXPECT_EQ(mode_of(folder_ / "a"), 0755U);
}

TEST_F(Listeners, ReplaceADeadSocket) {
  leave_dead_socket(socket_path());
  const auto listener = UnixListener::listen(socket_path());
  ASSERT_TRUE(listener) << listener.error().text();
  EXPECT_TRUE(connect_unix(socket_path()));
}

TEST_F(Listeners, LeaveALivingSocketAlone) {
  const auto first = UnixListener::listen(socket_path());
  ASSERT_TRUE(first);
  const auto second = UnixListener::listen(socket_path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().failure, Failure::kFailed);
  EXPECT_THAT(second.error().message, AllOf(HasSubstr(socket_path()), HasSubstr("another agent answers")));
  EXPECT_TRUE(connect_unix(socket_path()));
}

TEST_F(Listeners, NeverRemoveAFileThatIsNoSocket) {
  std::ofstream(socket_path()) << "precious";
  const auto listener = UnixListener::listen(socket_path());
  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error().message, HasSubstr("something else than a socket"));
  EXPECT_TRUE(std::filesystem::is_regular_file(socket_path()));
}

TEST_F(Listeners, NeverFollowALink) {
  std::filesystem::create_symlink(folder_ / "elsewhere", socket_path());
  EXPECT_FALSE(UnixListener::listen(socket_path()));
  EXPECT_TRUE(std::filesystem::is_symlink(socket_path()));
}

TEST_F(Listeners, RemoveTheSocketAtTheEnd) {
  { const auto listener = UnixListener::listen(socket_path()); }
  EXPECT_FALSE(std::filesystem::exists(socket_path()));
}

TEST_F(Listeners, LeaveASocketThatIsNotTheirsAtTheEnd) {
  {
    const auto listener = UnixListener::listen(socket_path());
    ASSERT_TRUE(listener);
    // Kept under another name, so that the new file cannot get the same inode.
    std::filesystem::rename(socket_path(), folder_ / "old.sock");
    leave_dead_socket(socket_path());
  }
  EXPECT_TRUE(std::filesystem::exists(socket_path()));
}

TEST_F(Listeners, RefuseAPathThatIsTooLong) {
  const auto listener = UnixListener::listen("/tmp/" + std::string(103, 'a'));
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().failure, Failure::kUsage);
}

TEST_F(Listeners, NameAFolderThatCannotBeMade) {
  std::ofstream(folder_ / "file") << "";
  const auto listener = UnixListener::listen(folder_ / "file" / "api.sock");
  ASSERT_FALSE(listener);
  EXPECT_THAT(listener.error().message, HasSubstr("create folder"));
}

}  // namespace
}  // namespace tickwire::api
