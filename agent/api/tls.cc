// SPDX-License-Identifier: Apache-2.0
#include "api/tls.h"

#include <fmt/format.h>
#include <gnutls/x509.h>

#include <string>

namespace tickwire::api {
namespace {

constexpr std::size_t kMostFileBytes = 1024 * 1024;

gnutls_datum_t datum(const std::string& text) {
  // The library reads it only.
  return {.data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(text.data())),
          .size = static_cast<unsigned>(text.size())};
}

std::unexpected<Error> refused(const std::string& what, int code) {
  return fail_usage(fmt::format("{}: {}", what, ::gnutls_strerror(code)));
}

}  // namespace

Result<std::shared_ptr<const TlsCredentials>> TlsCredentials::load(const TlsConfig& config) {
  const std::shared_ptr<TlsCredentials> made(new TlsCredentials);
  if (auto done = made->load_server(config); !done) return std::unexpected(done.error());
  if (auto done = made->load_clients(config); !done) return std::unexpected(done.error());
  return made;
}

Result<void> TlsCredentials::load_server(const TlsConfig& config) {
  // The library's own choice of ciphers and groups, of the versions that are wanted.
  const char* versions =
      config.least == TlsConfig::Version::kTls13 ? "NORMAL:-VERS-ALL:+VERS-TLS1.3" : "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
  gnutls_priority_t priorities = nullptr;
  if (const int code = ::gnutls_priority_init(&priorities, versions, nullptr); code != 0) return refused("TLS", code);
  priorities_.reset(priorities);
  gnutls_certificate_credentials_t certificates = nullptr;
  if (const int code = ::gnutls_certificate_allocate_credentials(&certificates); code != 0) return refused("TLS", code);
  certificates_.reset(certificates);

  const auto certificate = read_file(config.certificate_file, kMostFileBytes);
  if (!certificate) return within("cert_file", certificate.error());
  const auto key = read_file(config.key_file, kMostFileBytes);
  if (!key) return within("key_file", key.error());
  const gnutls_datum_t certificate_text = datum(*certificate);
  const gnutls_datum_t key_text = datum(*key);
  const int code =
      ::gnutls_certificate_set_x509_key_mem2(certificates, &certificate_text, &key_text, GNUTLS_X509_FMT_PEM, nullptr, 0);
  if (code < 0) return refused(fmt::format("cert_file {}, key_file {}", config.certificate_file, config.key_file), code);
  return {};
}

Result<void> TlsCredentials::load_clients(const TlsConfig& config) {
  if (config.client_ca_file.empty()) return {};
  const auto authorities = read_file(config.client_ca_file, kMostFileBytes);
  if (!authorities) return within("client_ca_file", authorities.error());
  const gnutls_datum_t text = datum(*authorities);
  const int found = ::gnutls_certificate_set_x509_trust_mem(certificates_.get(), &text, GNUTLS_X509_FMT_PEM);
  if (found < 0) return refused(fmt::format("client_ca_file {}", config.client_ca_file), found);
  if (found == 0) return fail_usage(fmt::format("client_ca_file {}: no certificate in it", config.client_ca_file));
  clients_ = true;
  return {};
}

bool TlsCredentials::apply(gnutls_session_t session) const {
  if (::gnutls_priority_set(session, priorities_.get()) != 0) return false;
  if (::gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, certificates_.get()) != 0) return false;
  ::gnutls_certificate_server_set_request(session, clients_ ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_IGNORE);
  if (clients_) {
    // Checked within the handshake, which reads this then.
    static gnutls_typed_vdata_st purpose{.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                         .data = reinterpret_cast<unsigned char*>(const_cast<char*>(GNUTLS_KP_TLS_WWW_CLIENT)),
                                         .size = 0};
    ::gnutls_session_set_verify_cert2(session, &purpose, 1, 0);
  }
  return true;
}

}  // namespace tickwire::api
