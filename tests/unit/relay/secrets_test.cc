// SPDX-License-Identifier: Apache-2.0
// What must stay between the relay and a robot: SecretFile, addresses, signatures, Courier.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "relay/address.h"
#include "relay/courier.h"
#include "relay/secret_file.h"
#include "unit/relay/folder.h"

namespace tickwire::relay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kDing = "https://chat.example.net/robot/send?access_token=5ec7e7";
constexpr std::string_view kWeCom = "https://chat.example.net/cgi-bin/webhook/send?key=5ec7e7";

std::string error_of(const std::string& path) {
  const auto line = SecretFile(path).read();
  return line ? "" : line.error().text();
}

TEST(SecretFile, IsOneLineWithoutSpacesAround) {
  const sample::Folder folder;
  EXPECT_EQ(SecretFile(folder.write("a", " line \r\n")).read(), "line");
}

TEST(SecretFile, MayBeReadByItsGroup) {
  const sample::Folder folder;
  for (const mode_t mode : {0400, 0440, 0600, 0640}) EXPECT_EQ(error_of(folder.write("a", "x", mode)), "") << mode;
}

TEST(SecretFile, MayNotBeOpenToEverybody) {
  const sample::Folder folder;
  for (const mode_t mode : {0444, 0644, 0602, 0401}) {
    EXPECT_THAT(error_of(folder.write("a", "5ec7e7", mode)), AllOf(HasSubstr("is open to everybody"), Not(HasSubstr("5ec7e7"))))
        << mode;
  }
  EXPECT_THAT(error_of(folder.write("a", "x", 0644)),
              AllOf(HasSubstr(folder.path() / "a"), HasSubstr("0644"), HasSubstr("chmod 0400")));
}

TEST(SecretFile, IsAFileWithSomethingInIt) {
  const sample::Folder folder;
  EXPECT_THAT(error_of(folder.path() / "none"), HasSubstr("ENOENT"));
  EXPECT_THAT(error_of(folder.path()), HasSubstr("not a regular file"));
  EXPECT_THAT(error_of(folder.write("a", " \n\n")), HasSubstr("empty"));
  EXPECT_THAT(error_of(folder.write("a", "5ec7e7\nb\n")), AllOf(HasSubstr("one line is wanted"), Not(HasSubstr("5ec7e7"))));
  EXPECT_EQ(error_of(folder.write("a", std::string(4096, 'x'))), "");
  EXPECT_THAT(error_of(folder.write("a", std::string(4097, 'x'))), HasSubstr("longer than 4 KiB"));
}

TEST(SecretFile, DoesNotWaitForAWriter) {
  const sample::Folder folder;
  const std::string path = folder.path() / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0400), 0);
  EXPECT_THAT(error_of(path), HasSubstr("not a regular file"));
}

TEST(SecretFile, IsReadAgainWhenItHasChanged) {
  const sample::Folder folder;
  SecretFile file(folder.write("a", "one"));
  EXPECT_EQ(file.read(), "one");
  EXPECT_EQ(file.read(), "one");
  (void)folder.write("a", "two");
  EXPECT_EQ(file.read(), "two");
  (void)folder.write("a", "three", 0644);
  EXPECT_FALSE(file.read());
}

TEST(SecretFile, FollowsALinkAsSecretsOfKubernetesAre) {
  const sample::Folder folder;
  std::filesystem::create_symlink(folder.write("..data", "one", 0440), folder.path() / "url");
  EXPECT_EQ(SecretFile(folder.path() / "url").read(), "one");
}

std::string address_error(RobotKind kind, const std::string& address) {
  const auto checked = check_address(kind, address);
  return checked ? "" : checked.error().text();
}

TEST(AnAddress, IsHttpsWithAToken) {
  EXPECT_EQ(address_error(RobotKind::kDingTalk, std::string(kDing)), "");
  EXPECT_EQ(address_error(RobotKind::kWeCom, std::string(kWeCom)), "");
}

TEST(AnAddress, MayBeHttpOnThisMachineAlone) {
  for (const char* host : {"127.0.0.1:80", "127.8.9.1", "localhost", "[::1]:80"}) {
    EXPECT_EQ(address_error(RobotKind::kWeCom, std::string("http://") + host + "/send?key=k"), "") << host;
  }
  for (const char* host : {"192.0.2.1", "chat.example.net", "127.example.net", "localhost.example.net", "[2001:db8::1]"}) {
    EXPECT_THAT(address_error(RobotKind::kWeCom, std::string("http://") + host + "/send?key=k"), HasSubstr("not https")) << host;
  }
}

TEST(AnAddress, IsNeverRepeated) {
  for (const char* address :
       {"http://chat.example.net/send?key=5ec7e7", "ftp://h/?key=5ec7e7", "https://u:5ec7e7@h/?key=5ec7e7",
        "https://h/?key=5ec7e7#f", "https://h/?access_token=5ec7e7", "5ec7e7 nonsense", "https://h/5ec7e7?key="}) {
    EXPECT_THAT(address_error(RobotKind::kWeCom, address), AllOf(Not(""), Not(HasSubstr("5ec7e7")))) << address;
  }
}

TEST(AToken, IsFoundAmongOtherParameters) {
  EXPECT_EQ(token_of(RobotKind::kWeCom, "https://h/?monkey=1&key=abc&x=2"), "abc");
  EXPECT_EQ(token_of(RobotKind::kDingTalk, kDing), "5ec7e7");
  EXPECT_EQ(token_of(RobotKind::kDingTalk, kWeCom), "");
  EXPECT_EQ(token_of(RobotKind::kDingTalk, "https://h/"), "");
}

TEST(ASignature, IsThatOfDingTalk) {
  EXPECT_EQ(signature(std::chrono::milliseconds(1'700'000'000'000), "SECexample"),
            "uroalHrWHORz59talE1o26b8HuX2kOp8WlAN91F9Pj0=");
}

TEST(ASignature, IsEncodedInTheAddress) {
  EXPECT_EQ(signed_address("https://h/?access_token=t", std::chrono::milliseconds(1'700'000'000'000), "SECexample"),
            "https://h/?access_token=t&timestamp=1700000000000&sign=uroalHrWHORz59talE1o26b8HuX2kOp8WlAN91F9Pj0%3D");
}

// A courier whose robot's files are in a folder, and what it posted.
class Couriers : public testing::Test {
 protected:
  Robot robot(RobotKind kind, std::string_view address, std::string_view secret = {}) const {
    return {.name = "ops",
            .kind = kind,
            .url_file = folder_.write("url", address),
            .secret_file = secret.empty() ? std::string() : folder_.write("secret", secret)};
  }
  Courier courier(const Robot& robot) {
    return {robot,
            [this](const std::string& address, const std::string& body) {
              address_ = address;
              body_ = body;
              return answer_;
            },
            [] { return std::chrono::milliseconds(1'700'000'000'000); }};
  }

  sample::Folder folder_;
  Answer answer_{.error = {}, .status = 200, .body = R"({"errcode":0})"};
  std::string address_;
  std::string body_;
  Message message_{.title = "title", .text = "text \"q\"", .called = {"13800000000"}};
};

TEST_F(Couriers, PostMarkdownToDingTalkWithASignature) {
  EXPECT_EQ(courier(robot(RobotKind::kDingTalk, kDing, "SECexample")).send(message_), Outcome{});
  EXPECT_EQ(address_, std::string(kDing) + "&timestamp=1700000000000&sign=uroalHrWHORz59talE1o26b8HuX2kOp8WlAN91F9Pj0%3D");
  EXPECT_EQ(nlohmann::json::parse(body_),
            nlohmann::json::parse(R"({"msgtype":"markdown","markdown":{"title":"title","text":"text \"q\""},)"
                                  R"("at":{"atMobiles":["13800000000"],"isAtAll":false}})"));
}

TEST_F(Couriers, PostMarkdownToWeCom) {
  EXPECT_EQ(courier(robot(RobotKind::kWeCom, kWeCom)).send(message_), Outcome{});
  EXPECT_EQ(address_, kWeCom);
  EXPECT_EQ(nlohmann::json::parse(body_), nlohmann::json::parse(R"({"msgtype":"markdown","markdown":{"content":"text \"q\""}})"));
}

TEST_F(Couriers, UseTheNewAddressOnceTheFileHasIt) {
  Courier one = courier(robot(RobotKind::kWeCom, kWeCom));
  (void)one.send(message_);
  (void)folder_.write("url", "https://other.example.net/?key=k2");
  (void)one.send(message_);
  EXPECT_EQ(address_, "https://other.example.net/?key=k2");
}

TEST_F(Couriers, SendNothingWhileAFileIsNotGood) {
  Courier one = courier(robot(RobotKind::kWeCom, kWeCom));
  (void)folder_.write("url", "ftp://5ec7e7");
  const Outcome outcome = one.send(message_);
  EXPECT_EQ(outcome.result, Outcome::Result::kRetryable);
  EXPECT_THAT(outcome.reason, AllOf(HasSubstr(folder_.path() / "url"), Not(HasSubstr("5ec7e7"))));
  EXPECT_EQ(address_, "");
}

TEST_F(Couriers, CheckNamesRobotAndFile) {
  const auto wrong = courier(robot(RobotKind::kWeCom, "ftp://h")).check();
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().text(), AllOf(HasSubstr("robot 'ops': file '"), HasSubstr("url'")));
  EXPECT_TRUE(courier(robot(RobotKind::kWeCom, kWeCom)).check());
  Robot without = robot(RobotKind::kDingTalk, kDing);
  without.secret_file = folder_.path() / "none";
  EXPECT_FALSE(courier(without).check());
}

TEST_F(Couriers, RepeatNothingSecretThatAnAnswerRepeats) {
  answer_.body =
      R"({"errcode":93000,"errmsg":"no robot 5ec7e7 at https://chat.example.net/robot/send?access_token=5ec7e7 with SECexample"})";
  const Outcome outcome = courier(robot(RobotKind::kDingTalk, kDing, "SECexample")).send(message_);
  EXPECT_EQ(outcome.reason, "errcode 93000: no robot *** at *** with ***");
}

TEST(APayload, OfTheLargestMessageIsWithinDingTalksLimit) {
  const Message largest{.title = std::string(64, '"'),
                        .text = std::string(9'000, '"'),
                        .called = std::vector<std::string>(16, std::string(32, '9'))};
  EXPECT_LE(payload(RobotKind::kDingTalk, largest).size(), 20'000U);
}

}  // namespace
}  // namespace tickwire::relay
