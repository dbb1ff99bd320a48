// SPDX-License-Identifier: Apache-2.0
#include "api/basic_auth.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace tickwire::api {
namespace {

using namespace std::chrono_literals;
using Verdict = BasicAuth::Verdict;

constexpr PeerKey kHere = 1;
constexpr PeerKey kThere = 2;
constexpr const char* kHash = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";  // of "secret", cost 4

// A password's hash is "$2b$10$" and the password; checks are counted.
class Auth : public testing::Test {
 protected:
  std::chrono::nanoseconds now_ = 100s;
  BasicAuth auth_{{{"prometheus", "$2b$10$right"}, {"person", "$2b$12$also"}},
                  [this] { return now_; },
                  [this](const std::string& password, const std::string& hash) {
                    ++checks_;
                    hash_ = hash;
                    return hash.substr(7) == password;
                  }};
  // So many wrong passwords, each another.
  int refused(PeerKey peer, int passwords) {
    int wrong = 0;
    for (int i = 0; i < passwords; ++i) {
      if (auth_.check(peer, "prometheus", "guess" + std::to_string(guesses_++)) == Verdict::kWrong) ++wrong;
    }
    return wrong;
  }
  int checks_ = 0;
  int guesses_ = 0;
  std::string hash_;
};

TEST_F(Auth, AdmitsTheRightPassword) { EXPECT_EQ(auth_.check(kHere, "prometheus", "right"), Verdict::kAdmitted); }

TEST_F(Auth, RefusesAnothersPassword) { EXPECT_EQ(auth_.check(kHere, "prometheus", "also"), Verdict::kWrong); }

TEST_F(Auth, ChecksAPairOnce) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(auth_.check(kHere, "prometheus", "right"), Verdict::kAdmitted);
  EXPECT_EQ(checks_, 1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(auth_.check(kHere, "prometheus", "wrong"), Verdict::kWrong);
  EXPECT_EQ(checks_, 2);
}

TEST_F(Auth, TellsPairsApartThatReadAlike) {
  EXPECT_EQ(auth_.check(kHere, "prometheus", "right"), Verdict::kAdmitted);
  EXPECT_EQ(auth_.check(kHere, "prometheu", "sright"), Verdict::kWrong);
}

TEST_F(Auth, ChecksAStrangerAgainstTheDearestHash) {
  EXPECT_EQ(auth_.check(kHere, "stranger", "also"), Verdict::kWrong) << "it is the password of that hash";
  EXPECT_EQ(hash_, "$2b$12$also");
  EXPECT_EQ(checks_, 1);
}

TEST_F(Auth, LooksAtFiveGuessesOfAnAddress) {
  EXPECT_EQ(refused(kHere, 200), 5);
  EXPECT_EQ(checks_, 5);
  EXPECT_EQ(auth_.check(kHere, "prometheus", "right"), Verdict::kTooMany);
  now_ += 1s;
  EXPECT_EQ(auth_.check(kHere, "prometheus", "right"), Verdict::kAdmitted);
}

TEST_F(Auth, AdmitsWhoWasRightBeforeWhateverIsGuessed) {
  ASSERT_EQ(auth_.check(kHere, "prometheus", "right"), Verdict::kAdmitted);
  refused(kHere, 200);
  EXPECT_EQ(auth_.check(kHere, "prometheus", "right"), Verdict::kAdmitted);
}

TEST_F(Auth, AdmitsOthersWhateverOneAddressGuesses) {
  refused(kHere, 200);
  EXPECT_EQ(auth_.check(kThere, "prometheus", "right"), Verdict::kAdmitted);
}

TEST_F(Auth, LooksAtTenGuessesOfAllAddressesAndThenAtTwoASecond) {
  int wrong = 0;
  for (PeerKey peer = 0; peer < 100; ++peer) wrong += refused(peer, 1);
  EXPECT_EQ(wrong, 10);
  now_ += 3s;
  wrong = 0;
  for (PeerKey peer = 0; peer < 100; ++peer) wrong += refused(peer, 1);
  EXPECT_EQ(wrong, 6);
}

TEST_F(Auth, ForgetsTheAddressThatWasSeenFirst) {
  EXPECT_EQ(refused(kHere, 6), 5);
  for (PeerKey peer = 1000; peer < 1000 + BasicAuth::kAddresses; ++peer) refused(peer, 1);
  now_ += 500ms;  // one token of all, half a token of kHere
  EXPECT_EQ(refused(kHere, 1), 1);
}

TEST_F(Auth, ForgetsThePairThatWasCheckedFirst) {
  for (std::size_t i = 0; i <= BasicAuth::kRemembered; ++i) {
    now_ += 1s;
    refused(kHere, 1);
  }
  checks_ = 0;
  now_ += 10s;
  EXPECT_EQ(auth_.check(kHere, "prometheus", "guess1"), Verdict::kWrong);
  EXPECT_EQ(checks_, 0);
  EXPECT_EQ(auth_.check(kHere, "prometheus", "guess0"), Verdict::kWrong);
  EXPECT_EQ(checks_, 1);
}

TEST_F(Auth, DoesNotLookAtLongPasswords) {
  EXPECT_EQ(auth_.check(kHere, "prometheus", std::string(257, 'a')), Verdict::kWrong);
  EXPECT_EQ(auth_.check(kHere, std::string(257, 'a'), "right"), Verdict::kWrong);
  EXPECT_EQ(checks_, 0);
}

TEST(Bcrypt, KnowsTheThreeWritings) {
  std::string hash = kHash;
  for (const char writing : {'a', 'b', 'y'}) {
    hash[2] = writing;
    EXPECT_TRUE(bcrypt_matches("secret", hash)) << hash;
    EXPECT_FALSE(bcrypt_matches("secret1", hash)) << hash;
    EXPECT_FALSE(bcrypt_matches("", hash)) << hash;
  }
}

TEST(Bcrypt, RefusesWhatIsNoHash) {
  EXPECT_FALSE(bcrypt_matches("secret", ""));
  EXPECT_FALSE(bcrypt_matches("secret", "secret"));
  EXPECT_FALSE(bcrypt_matches("secret", std::string(kHash).substr(0, 59)));
}

PeerKey v6(const char* text) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, text, &address.sin6_addr);
  return peer_key(&address);
}

PeerKey v4(const char* text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, text, &address.sin_addr);
  return peer_key(&address);
}

TEST(PeerKeys, TellIpv4AddressesApart) {
  EXPECT_NE(v4("192.0.2.1"), v4("192.0.2.2"));
  EXPECT_EQ(v4("192.0.2.1"), v6("::ffff:192.0.2.1"));
}

TEST(PeerKeys, TakeAHolderOfIpv6AddressesAsOne) {
  EXPECT_EQ(v6("2001:db8::1"), v6("2001:db8::ffff:1"));
  EXPECT_NE(v6("2001:db8::1"), v6("2001:db8:0:1::1"));
}

}  // namespace
}  // namespace tickwire::api
