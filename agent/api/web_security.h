// What it owns: what --web-config says now: certificates, names and passwords, read anew when one of the files has changed.
// Who may use it: Server.
// Thread: opened at the start, then the server's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <time.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/basic_auth.h"
#include "api/tls.h"
#include "api/web_config.h"
#include "base/result.h"
#include "export/metrics.h"

namespace tickwire::api {

class WebSecurity {
 public:
  static constexpr std::chrono::seconds kLook{1};  // how often the files are looked at

  // Errors: those of read_web_config() and TlsCredentials::load().
  [[nodiscard]] static Result<std::unique_ptr<WebSecurity>> open(std::string path, BasicAuth::Now now);

  // Null: plain HTTP. What is there at the start stays there: TLS is neither begun nor ended by a new file.
  [[nodiscard]] const std::shared_ptr<const TlsCredentials>& tls() const { return current_.tls; }
  // Null: no password is asked for. What it remembers ends when the users change.
  [[nodiscard]] BasicAuth* auth() const { return current_.auth.get(); }

  // What was refused, for /metrics.
  [[nodiscard]] exporting::HttpRefusals& refusals() { return refusals_; }

  // Looks at the files, if it is time to, and takes what is new in them. Files that are wrong are logged once, and change nothing.
  void follow_files();

 private:
  // Of a file: enough to see that it is another, or was written again.
  struct Mark {
    dev_t device{};
    ino_t inode{};
    off_t bytes{};
    std::chrono::nanoseconds modified{};
    std::chrono::nanoseconds changed{};
    friend bool operator==(const Mark&, const Mark&) = default;
  };
  struct Loaded {
    std::vector<std::string> files;  // the configuration and those that it names
    std::shared_ptr<const TlsCredentials> tls;
    std::map<std::string, std::string> users;
    std::unique_ptr<BasicAuth> auth;
  };

  WebSecurity(std::string path, BasicAuth::Now now) : path_(std::move(path)), now_(std::move(now)) {}
  [[nodiscard]] Result<Loaded> load() const;
  [[nodiscard]] std::vector<Mark> marks() const;
  static Mark mark_of(const std::string& file);

  std::string path_;
  BasicAuth::Now now_;
  Loaded current_;
  exporting::HttpRefusals refusals_;
  std::vector<Mark> marks_;
  std::chrono::nanoseconds looked_{};
};

}  // namespace tickwire::api
