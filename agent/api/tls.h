// What it owns: the certificates of the TCP listener, ready for the sessions of its clients (GnuTLS).
// Who may use it: WebSecurity; the server's daemon of TLS.
// Thread: the server's. A session needs its credentials until it has ended.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gnutls/gnutls.h>

#include <memory>

#include "api/web_config.h"
#include "base/result.h"

namespace tickwire::api {

class TlsCredentials {
 public:
  // Reads the files. Errors name the file: not there, not PEM, no certificate in it; or that key and certificate do not fit.
  [[nodiscard]] static Result<std::shared_ptr<const TlsCredentials>> load(const TlsConfig& config);
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;
  ~TlsCredentials() = default;

  // Before the handshake of a server's session: versions and ciphers, certificate, and whether the client must show one that its
  // authority has signed for clients. False: the session must not go on.
  [[nodiscard]] bool apply(gnutls_session_t session) const;

 private:
  struct FreeCertificates {
    void operator()(gnutls_certificate_credentials_t credentials) const { ::gnutls_certificate_free_credentials(credentials); }
  };
  struct FreePriorities {
    void operator()(gnutls_priority_t priorities) const { ::gnutls_priority_deinit(priorities); }
  };
  TlsCredentials() = default;
  Result<void> load_server(const TlsConfig& config);
  Result<void> load_clients(const TlsConfig& config);

  std::unique_ptr<gnutls_certificate_credentials_st, FreeCertificates> certificates_;
  std::unique_ptr<gnutls_priority_st, FreePriorities> priorities_;
  bool clients_ = false;
};

}  // namespace tickwire::api
