// SPDX-License-Identifier: Apache-2.0
#include "api/client.h"

#include <gmock/gmock.h>
#include <sys/syscall.h>

#include <cstdlib>

#include "unit/api/http_peer.h"

namespace tickwire::api {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Client : public ServerTest {};

TEST_F(Client, GetsAPage) {
  start();
  const auto reply = get(socket_path(), "/api/v1/connections", {{"service", "world"}, {"format", "jsonl"}});
  ASSERT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(reply->status, 200);
  EXPECT_THAT(reply->body, AllOf(HasSubstr("198.51.100.8"), Not(HasSubstr("198.51.100.7"))));
}

TEST_F(Client, EncodesPathsAndParameters) {
  start();
  const auto connection =
      get(socket_path(), "/api/v1/connections/[2001:db8::10]:9000>[2001:db8:1234:5678:9abc:def0:1234:5678]:40002", {});
  ASSERT_TRUE(connection);
  EXPECT_EQ(connection->status, 200) << connection->body;
  const auto filtered = get(socket_path(), "/api/v1/connections", {{"remote", "2001:db8::/32"}});
  ASSERT_TRUE(filtered);
  EXPECT_EQ(filtered->status, 200) << filtered->body;
}

TEST_F(Client, CannotBeLedToAnotherPathOrParameter) {
  start();
  for (const char* path : {"/api/v1/connections/../status", "/api/v1/connections/3.1?format=text", "/api/v1/connections/3.1#",
                           "/api/v1/connections/3.1 HTTP/1.1\r\nX: y", "/api/v1/connections/%33.1"}) {
    const auto reply = get(socket_path(), path, {});
    ASSERT_TRUE(reply) << reply.error().text();
    EXPECT_EQ(reply->status, 404) << path;
  }
}

TEST_F(Client, GivesOtherStatusesToTheCaller) {
  start();
  const auto reply = get(socket_path(), "/nowhere", {});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 404);
}

TEST_F(Client, TakesNoProxyFromTheEnvironment) {
  start();
  ::setenv("http_proxy", "http://192.0.2.1:3128", 1);
  const auto reply = get(socket_path(), "/healthz", {});
  ::unsetenv("http_proxy");
  ASSERT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(reply->status, 200);
}

TEST_F(Client, SaysThatNoAgentIsThere) {
  const auto reply = get(socket_path(), "/healthz", {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().failure, Failure::kFailed);
  EXPECT_EQ(reply.error().message, "no agent answers on " + socket_path() + ": ENOENT (No such file or directory)");
  EXPECT_THAT(reply.error().hint, AllOf(HasSubstr("tickwire run"), HasSubstr("--api-socket")));
}

TEST_F(Client, SaysThatNobodyListensOnADeadSocket) {
  const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = unix_address(socket_path());
  ASSERT_EQ(::bind(dead.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const auto reply = get(socket_path(), "/healthz", {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message, "no agent answers on " + socket_path() + ": ECONNREFUSED (Connection refused)");
}

TEST_F(Client, SaysThatThePermissionIsMissing) {
  start();
  std::filesystem::permissions(socket_path(), std::filesystem::perms::none);
  std::filesystem::permissions(folder_, std::filesystem::perms::all);
  // Root may do everything: this thread is nobody for a moment (the raw call, for the serving thread may not change its user).
  const uid_t user = ::geteuid();
  if (user == 0) ::syscall(SYS_setresuid, -1, 65534, -1);
  const auto reply = get(socket_path(), "/healthz", {});
  if (user == 0) ::syscall(SYS_setresuid, -1, 0, -1);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().failure, Failure::kMissing);
  EXPECT_THAT(reply.error().text(), AllOf(HasSubstr(socket_path()), HasSubstr("EACCES"), HasSubstr("sudo"), HasSubstr("group")));
}

TEST_F(Client, RefusesAPathThatIsTooLong) {
  const auto reply = get("/" + std::string(107, 'a'), "/healthz", {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().failure, Failure::kUsage);
}

}  // namespace
}  // namespace tickwire::api
