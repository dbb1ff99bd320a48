// SPDX-License-Identifier: Apache-2.0
// The way to a robot over TLS: who it is signed by decides.
#include <gmock/gmock.h>
#include <microhttpd.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "api/listener.h"
#include "relay/poster.h"
#include "unit/relay/folder.h"

namespace tickwire::relay {
namespace {

using testing::HasSubstr;
using testing::Not;

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(length)};
}

// A key, and a certificate for `name` (as "IP:127.0.0.1") that it signed itself.
struct Identity {
  std::string key;
  std::string certificate;
};

Identity identity_of(const char* name) {
  const Key key(::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const Certificate certificate(::X509_new());
  ::X509_set_version(certificate.get(), 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate.get()), 1);
  ::X509_gmtime_adj(::X509_getm_notBefore(certificate.get()), -3600);
  ::X509_gmtime_adj(::X509_getm_notAfter(certificate.get()), 3600);
  ::X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = ::X509_get_subject_name(certificate.get());
  ::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("robots"), -1, -1, 0);
  ::X509_set_issuer_name(certificate.get(), subject);
  X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name);
  ::X509_add_ext(certificate.get(), extension, -1);
  ::X509_EXTENSION_free(extension);
  ::X509_sign(certificate.get(), key.get(), ::EVP_sha256());
  const Memory key_text(::BIO_new(::BIO_s_mem()));
  const Memory certificate_text(::BIO_new(::BIO_s_mem()));
  ::PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  ::PEM_write_bio_X509(certificate_text.get(), certificate.get());
  return {.key = text_of(key_text.get()), .certificate = text_of(certificate_text.get())};
}

MHD_Result take(void*, MHD_Connection* connection, const char*, const char*, const char*, const char*, std::size_t* size,
                void** state) {
  if (*state == nullptr) {
    *state = connection;
    return MHD_YES;
  }
  if (*size > 0) {
    *size = 0;
    return MHD_YES;
  }
  static constexpr std::string_view kTaken = R"({"errcode":0})";
  MHD_Response* response =
      ::MHD_create_response_from_buffer(kTaken.size(), const_cast<char*>(kTaken.data()), MHD_RESPMEM_PERSISTENT);
  const MHD_Result queued = ::MHD_queue_response(connection, 200, response);
  ::MHD_destroy_response(response);
  return queued;
}

class OverTls : public testing::Test {
 protected:
  void serve(const char* name) {
    identity_ = identity_of(name);
    auto listener = api::listen_tcp({.host = "127.0.0.1", .port = 0});
    ASSERT_TRUE(listener);
    port_ = listener->port;
    daemon_.reset(::MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS, 0, nullptr, nullptr, take, nullptr,  //
                                     MHD_OPTION_LISTEN_SOCKET, listener->socket.release(),                               //
                                     MHD_OPTION_HTTPS_MEM_KEY, identity_.key.c_str(),                                    //
                                     MHD_OPTION_HTTPS_MEM_CERT, identity_.certificate.c_str(), MHD_OPTION_END));
    ASSERT_NE(daemon_, nullptr);
  }
  Answer post(const std::string& ca_file) const {
    const auto post = make_post(ca_file, std::make_shared<GiveUp>());
    if (!post) return {.error = post.error().text(), .status = 0, .body = {}};
    return (*post)("https://127.0.0.1:" + std::to_string(port_) + "/send?key=5ec7e7", "{}");
  }

  sample::Folder folder_;
  Identity identity_;
  std::uint16_t port_ = 0;
  std::unique_ptr<MHD_Daemon, Free<MHD_stop_daemon>> daemon_;
};

TEST_F(OverTls, ARobotOfAKnownAuthorityIsTold) {
  serve("IP:127.0.0.1");
  const Answer answer = post(folder_.write("ca.pem", identity_.certificate));
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"errcode":0})");
}

TEST_F(OverTls, OneOfAnUnknownAuthorityIsNot) {
  serve("IP:127.0.0.1");
  const Answer answer = post(folder_.write("ca.pem", identity_of("IP:127.0.0.1").certificate));
  EXPECT_THAT(answer.error, AllOf(HasSubstr("certificate"), Not(HasSubstr("5ec7e7"))));
  EXPECT_EQ(answer.status, 0);
}

TEST_F(OverTls, OneOfAnotherNameIsNot) {
  serve("IP:192.0.2.1");
  EXPECT_NE(post(folder_.write("ca.pem", identity_.certificate)).error, "");
}

TEST(APost, SaysWhyNobodyAnswers) {
  auto listener = api::listen_tcp({.host = "127.0.0.1", .port = 0});
  ASSERT_TRUE(listener);
  listener->socket.reset();  // nobody listens there now
  const auto post = make_post("", std::make_shared<GiveUp>());
  ASSERT_TRUE(post);
  EXPECT_THAT((*post)("http://127.0.0.1:" + std::to_string(listener->port) + "/?key=5ec7e7", "{}").error,
              AllOf(HasSubstr("connect: ECONNREFUSED"), Not(HasSubstr("5ec7e7"))));
}

TEST(APost, IsGivenUpWhenTheRelayStops) {
  const auto listener = api::listen_tcp({.host = "127.0.0.1", .port = 0});  // takes connections, answers nothing
  ASSERT_TRUE(listener);
  const auto give_up = std::make_shared<GiveUp>();
  give_up->at_mono_ns = 0;
  const auto post = make_post("", give_up);
  ASSERT_TRUE(post);
  EXPECT_EQ((*post)("http://127.0.0.1:" + std::to_string(listener->port) + "/?key=k", "{}").error,
            "given up, for the relay stops");
}

}  // namespace
}  // namespace tickwire::relay
