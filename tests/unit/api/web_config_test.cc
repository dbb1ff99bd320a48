// SPDX-License-Identifier: Apache-2.0
#include "api/web_config.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace tickwire::api {
namespace {

using testing::HasSubstr;

const std::string kHash = "$2y$10$" + std::string(53, 'a');

std::string refused(const std::string& yaml) {
  const auto parsed = parse_web_config(yaml, "/etc/tickwire");
  if (parsed) return "taken";
  EXPECT_EQ(parsed.error().failure, Failure::kUsage);
  return parsed.error().text();
}

TEST(WebConfig, IsNothingWhenEmpty) {
  for (const char* text : {"", "# nothing\n", "tls_server_config:\nbasic_auth_users:\n"}) {
    EXPECT_EQ(parse_web_config(text, ""), WebConfig{}) << text;
  }
}

TEST(WebConfig, HasFilesFromItsFolder) {
  const auto config = parse_web_config("tls_server_config: {cert_file: web.pem, key_file: /keys/web.key}\n", "/etc/tickwire");
  ASSERT_TRUE(config) << config.error().text();
  ASSERT_TRUE(config->tls);
  EXPECT_EQ(config->tls->certificate_file, "/etc/tickwire/web.pem");
  EXPECT_EQ(config->tls->key_file, "/keys/web.key");
  EXPECT_EQ(config->tls->client_ca_file, "");
  EXPECT_EQ(config->tls->least, TlsConfig::Version::kTls12);
}

TEST(WebConfig, HasClientsAndAVersion) {
  const auto config = parse_web_config(
      "tls_server_config:\n  cert_file: a\n  key_file: b\n  client_ca_file: c\n  client_auth_type: RequireAndVerifyClientCert\n"
      "  min_version: TLS13\n",
      "/x");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->tls->client_ca_file, "/x/c");
  EXPECT_EQ(config->tls->least, TlsConfig::Version::kTls13);
}

TEST(WebConfig, HasUsers) {
  const auto config = parse_web_config("basic_auth_users:\n  prometheus: " + kHash + "\n  'a b': '" + kHash + "'\n", "");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_FALSE(config->tls);
  EXPECT_EQ(config->users, (std::map<std::string, std::string>{{"prometheus", kHash}, {"a b", kHash}}));
}

TEST(WebConfig, NamesAKeyThatIsUnknown) {
  EXPECT_EQ(refused("tls_config: {}"), "web configuration: unknown key 'tls_config'");
  EXPECT_EQ(refused("tls_server_config: {cert_file: a, key_fiel: b}"), "tls_server_config: unknown key 'key_fiel'");
}

TEST(WebConfig, NamesAKeyThatIsNotServedHere) {
  EXPECT_EQ(refused("http_server_config: {http2: true}"), "web configuration: not supported here: 'http_server_config'");
  EXPECT_EQ(refused("tls_server_config: {cipher_suites: []}"), "tls_server_config: not supported here: 'cipher_suites'");
}

TEST(WebConfig, RefusesWhatIsGivenTwice) {
  EXPECT_EQ(refused("tls_server_config: {cert_file: a, cert_file: b}"), "tls_server_config: key 'cert_file' is given twice");
  EXPECT_EQ(refused("basic_auth_users: {a: " + kHash + ", a: " + kHash + "}"), "basic_auth_users: key 'a' is given twice");
}

TEST(WebConfig, WantsCertificateAndKey) {
  EXPECT_EQ(refused("tls_server_config: {key_file: a}"), "tls_server_config: cert_file is missing");
  EXPECT_EQ(refused("tls_server_config: {cert_file: a, key_file: ''}"), "tls_server_config: key_file is missing");
}

TEST(WebConfig, WantsClientsAndTheirAuthorityTogether) {
  const std::string files = "tls_server_config: {cert_file: a, key_file: b, ";
  EXPECT_THAT(refused(files + "client_auth_type: RequireAndVerifyClientCert}"), HasSubstr("wants a client_ca_file"));
  EXPECT_THAT(refused(files + "client_ca_file: c}"), HasSubstr("wants client_auth_type"));
  EXPECT_THAT(refused(files + "client_ca_file: c, client_auth_type: NoClientCert}"), HasSubstr("wants client_auth_type"));
  EXPECT_EQ(refused(files + "client_auth_type: NoClientCert}"), "taken");
}

TEST(WebConfig, RefusesWeakerClientChecksAndOldVersions) {
  const std::string files = "tls_server_config: {cert_file: a, key_file: b, ";
  EXPECT_THAT(refused(files + "client_auth_type: RequestClientCert}"), HasSubstr("'RequestClientCert' is not supported here"));
  EXPECT_THAT(refused(files + "min_version: TLS11}"), HasSubstr("'TLS11' is not supported here: TLS12 or TLS13"));
}

TEST(WebConfig, WantsBcryptOfABearableCost) {
  const auto user = [](const std::string& hash) { return refused("basic_auth_users: {prometheus: '" + hash + "'}"); };
  EXPECT_EQ(user(kHash), "taken");
  EXPECT_EQ(user("secret"), "basic_auth_users: prometheus: not a bcrypt hash");
  EXPECT_EQ(user("$2x$10$" + std::string(53, 'a')), "basic_auth_users: prometheus: not a bcrypt hash");
  EXPECT_EQ(user("$2y$10$" + std::string(52, 'a')), "basic_auth_users: prometheus: not a bcrypt hash");
  EXPECT_EQ(user("$2y$10$" + std::string(52, 'a') + "!"), "basic_auth_users: prometheus: not a bcrypt hash");
  EXPECT_EQ(user("$2y$12$" + std::string(53, 'a')), "taken");
  EXPECT_EQ(user("$2y$13$" + std::string(53, 'a')), "basic_auth_users: prometheus: cost 13, at most 12 is taken");
  EXPECT_EQ(user("$2y$03$" + std::string(53, 'a')), "basic_auth_users: prometheus: not a bcrypt hash");
}

TEST(WebConfig, RefusesANameWithAColon) {
  EXPECT_THAT(refused("basic_auth_users: {'a:b': " + kHash + "}"), HasSubstr("a name is empty or has a colon"));
}

TEST(WebConfig, RefusesOtherShapes) {
  for (const char* text : {"[]", "text", "tls_server_config: text", "basic_auth_users: [a]", "? [a]\n: b",
                           "basic_auth_users: {a: [b]}", "tls_server_config: {cert_file: [a]}"}) {
    EXPECT_THAT(refused(text), HasSubstr("wanted")) << text;
  }
}

TEST(WebConfig, SaysWhereItIsNoYaml) { EXPECT_THAT(refused("a: b\n: {[\n"), HasSubstr("line ")); }

TEST(WebConfig, IsBounded) {
  EXPECT_EQ(refused("#" + std::string(65536, 'a')), "longer than 65536 bytes");
  EXPECT_NE(refused(std::string(60000, '[')), "taken");
  EXPECT_NE(refused(std::string(60000, '{')), "taken");
}

TEST(WebConfig, NamesTheFileThatIsNotThere) {
  const auto config = read_web_config("/nowhere/web.yml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().text(), "web-config: read /nowhere/web.yml: ENOENT (No such file or directory)");
  EXPECT_EQ(read_web_config("/proc").error().text(), "web-config: read /proc: not a regular file");
}

TEST(WebConfig, NamesTheFileThatIsWrong) {
  std::string path = std::filesystem::temp_directory_path() / "tickwire-web-XXXXXX";
  const int made = ::mkstemp(path.data());
  ASSERT_GE(made, 0);
  ::close(made);
  std::ofstream(path) << "tls: {}\n";
  const auto config = read_web_config(path);
  std::filesystem::remove(path);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().text(), path + ": web configuration: unknown key 'tls'");
}

}  // namespace
}  // namespace tickwire::api
