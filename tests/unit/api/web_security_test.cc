// SPDX-License-Identifier: Apache-2.0
// A server with --web-config on real sockets, asked by libcurl. What curl and promtool think of it is in tests/ops/web_config.
#include "api/web_security.h"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gnutls/x509.h>

#include <fstream>
#include <functional>
#include <thread>

#include "unit/api/http_peer.h"

namespace tickwire::api {
namespace {

using namespace std::chrono_literals;

constexpr const char* kHash = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";  // of "secret"

std::string pem(const std::function<int(gnutls_datum_t*)>& write) {
  gnutls_datum_t text{};
  EXPECT_EQ(write(&text), 0);
  std::string result(reinterpret_cast<const char*>(text.data), text.size);
  ::gnutls_free(text.data);
  return result;
}

// A key, and a certificate of 127.0.0.1 that it has signed itself.
struct Pair {
  std::string key, certificate;
};
Pair make_pair() {
  gnutls_x509_privkey_t key{};
  gnutls_x509_crt_t certificate{};
  ::gnutls_x509_privkey_init(&key);
  EXPECT_EQ(::gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), 0);
  ::gnutls_x509_crt_init(&certificate);
  ::gnutls_x509_crt_set_version(certificate, 3);
  ::gnutls_x509_crt_set_serial(certificate, "\1", 1);
  ::gnutls_x509_crt_set_activation_time(certificate, ::time(nullptr) - 60);
  ::gnutls_x509_crt_set_expiration_time(certificate, ::time(nullptr) + 3600);
  ::gnutls_x509_crt_set_dn(certificate, "CN=test", nullptr);
  ::gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, "\x7f\0\0\1", 4, GNUTLS_FSAN_SET);
  ::gnutls_x509_crt_set_key(certificate, key);
  EXPECT_EQ(::gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), 0);
  Pair pair{.key = pem([&](gnutls_datum_t* text) { return ::gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, text); }),
            .certificate =
                pem([&](gnutls_datum_t* text) { return ::gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, text); })};
  ::gnutls_x509_crt_deinit(certificate);
  ::gnutls_x509_privkey_deinit(key);
  return pair;
}

class WebSecurities : public ServerTest {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / (name + ".new")) << text;
    std::filesystem::rename(folder_ / (name + ".new"), folder_ / name);
  }
  void write(const Pair& pair) const {
    write("web.key", pair.key);
    write("web.pem", pair.certificate);
  }
  std::string path() const { return folder_ / "web.yml"; }
  void serve(const std::string& config) {
    write("web.yml", config);
    ServerOptions with = options();
    with.web_config = path();
    start(std::move(with));
  }
  // The status of /healthz, 0 without an answer. `trusted`: the certificate that is believed.
  long get(const std::string& scheme, const std::string& trusted, const std::string& user = {}) const {
    const std::unique_ptr<CURL, void (*)(CURL*)> curl(::curl_easy_init(), ::curl_easy_cleanup);
    const std::string url = scheme + "://127.0.0.1:" + std::to_string(port()) + "/healthz";
    curl_blob authority{.data = const_cast<char*>(trusted.data()), .len = trusted.size(), .flags = CURL_BLOB_COPY};
    ::curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    ::curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 20L);
    ::curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    ::curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
    ::curl_easy_setopt(
        curl.get(), CURLOPT_WRITEFUNCTION, +[](char*, std::size_t size, std::size_t count, void*) { return size * count; });
    if (!trusted.empty()) ::curl_easy_setopt(curl.get(), CURLOPT_CAINFO_BLOB, &authority);
    if (!user.empty()) ::curl_easy_setopt(curl.get(), CURLOPT_USERPWD, user.c_str());
    long status = 0;
    if (::curl_easy_perform(curl.get()) == CURLE_OK) ::curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }
  static bool eventually(const std::function<bool()>& holds) {
    const auto end = monotonic_now() + 20s;
    while (!holds()) {
      if (monotonic_now() > end) return false;
      std::this_thread::sleep_for(20ms);
    }
    return true;
  }
  std::unique_ptr<WebSecurity> open() {
    auto opened = WebSecurity::open(path(), [this] { return now_; });
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? *std::move(opened) : nullptr;
  }

  static constexpr const char* kTls = "tls_server_config: {cert_file: web.pem, key_file: web.key}\n";
  static std::string users(const std::string& name) { return "basic_auth_users: {" + name + ": " + kHash + "}\n"; }
  std::chrono::nanoseconds now_ = 100s;
};

TEST_F(WebSecurities, ServeTlsAlone) {
  const Pair pair = make_pair();
  write(pair);
  serve(kTls);
  EXPECT_EQ(get("https", pair.certificate), 200);
  EXPECT_EQ(get("https", make_pair().certificate), 0);
  EXPECT_EQ(get("http", {}), 0);
  EXPECT_THAT(get_unix("/healthz"), testing::StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(WebSecurities, EndAConnectionThatSpeaksNoTls) {
  write(make_pair());
  serve(kTls);
  const Received received = [&] {
    const UniqueFd client = connect_tcp(port());
    EXPECT_TRUE(send_all(client.fd(), "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"));
    return receive_all(client.fd());
  }();
  EXPECT_TRUE(received.closed);
  EXPECT_THAT(received.bytes, testing::Not(testing::HasSubstr("HTTP")));
}

TEST_F(WebSecurities, ServeAnotherCertificateWithoutARestart) {
  const Pair first = make_pair();
  const Pair second = make_pair();
  write(first);
  serve(kTls);
  EXPECT_EQ(get("https", first.certificate), 200);
  write(second);
  EXPECT_TRUE(eventually([&] { return get("https", second.certificate) == 200; }));
  EXPECT_EQ(get("https", first.certificate), 0);
}

TEST_F(WebSecurities, WantAPassword) {
  serve(users("prometheus"));
  EXPECT_EQ(get("http", {}), 401);
  EXPECT_EQ(get("http", {}, "prometheus:guess"), 401);
  EXPECT_EQ(get("http", {}, "prometheus:secret"), 200);
  EXPECT_THAT(get_tcp("/healthz"), testing::HasSubstr("WWW-Authenticate: Basic realm=\"tickwire\""));
  EXPECT_THAT(get_unix("/metrics"), testing::HasSubstr("tickwire_http_refused_total{reason=\"password\"} 3"));
}

TEST_F(WebSecurities, AreNotOpenedWithAFileThatIsWrong) {
  write("web.yml", kTls);
  const auto without = WebSecurity::open(path(), [] { return 0ns; });
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().text(), testing::AllOf(testing::HasSubstr("cert_file"), testing::HasSubstr("ENOENT")));
  write("web.key", make_pair().key);
  write("web.pem", make_pair().certificate);
  const auto unlike = WebSecurity::open(path(), [] { return 0ns; });
  ASSERT_FALSE(unlike);
  EXPECT_THAT(unlike.error().text(), testing::HasSubstr("web.key"));
}

TEST_F(WebSecurities, KeepWhatWasRightWhenAFileIsWrong) {
  write("web.yml", users("prometheus"));
  const auto security = open();
  BasicAuth* before = security->auth();
  for (const char* text : {"basic_auth_users: [", kTls}) {
    write("web.yml", text);
    now_ += 1s;
    security->follow_files();
    EXPECT_EQ(security->auth(), before) << text;
  }
  write("web.yml", "");
  now_ += 1s;
  security->follow_files();
  EXPECT_EQ(security->auth(), nullptr) << "an empty file asks for no password";
}

TEST_F(WebSecurities, LookOnceASecond) {
  write("web.yml", users("prometheus"));
  const auto security = open();
  write("web.yml", users("grafana"));
  security->follow_files();
  EXPECT_EQ(security->auth()->check(1, "grafana", "secret"), BasicAuth::Verdict::kWrong);
  now_ += 1s;
  security->follow_files();
  EXPECT_EQ(security->auth()->check(1, "grafana", "secret"), BasicAuth::Verdict::kAdmitted);
}

TEST_F(WebSecurities, KnowWhoWasLetInAfterANewCertificate) {
  write(make_pair());
  write("web.yml", kTls + users("prometheus"));
  const auto security = open();
  BasicAuth* before = security->auth();
  const auto certificate = security->tls();
  write(make_pair());
  now_ += 1s;
  security->follow_files();
  EXPECT_EQ(security->auth(), before);
  EXPECT_NE(security->tls(), certificate);
}

}  // namespace
}  // namespace tickwire::api
