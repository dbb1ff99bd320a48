// SPDX-License-Identifier: Apache-2.0
#include "api/web_security.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <utility>

namespace tickwire::api {
namespace {

std::chrono::nanoseconds since_epoch(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Result<std::unique_ptr<WebSecurity>> WebSecurity::open(std::string path, BasicAuth::Now now) {
  std::unique_ptr<WebSecurity> security(new WebSecurity(std::move(path), std::move(now)));
  auto loaded = security->load();
  if (!loaded) return std::unexpected(loaded.error());
  security->current_ = *std::move(loaded);
  security->looked_ = security->now_();  // without marks yet: the first look reads once more
  return security;
}

Result<WebSecurity::Loaded> WebSecurity::load() const {
  auto config = read_web_config(path_);
  if (!config) return std::unexpected(config.error());
  Loaded loaded{.files = {path_}, .tls = nullptr, .users = config->users, .auth = nullptr};
  if (config->tls) {
    auto tls = TlsCredentials::load(*config->tls);
    if (!tls) return within(path_, tls.error());
    loaded.tls = *std::move(tls);
    for (const std::string* file : {&config->tls->certificate_file, &config->tls->key_file, &config->tls->client_ca_file}) {
      if (!file->empty()) loaded.files.push_back(*file);
    }
  }
  if (!config->users.empty()) loaded.auth = std::make_unique<BasicAuth>(std::move(config->users), now_, bcrypt_matches);
  return loaded;
}

WebSecurity::Mark WebSecurity::mark_of(const std::string& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return {};
  return {.device = found.st_dev,
          .inode = found.st_ino,
          .bytes = found.st_size,
          .modified = since_epoch(found.st_mtim),
          .changed = since_epoch(found.st_ctim)};
}

std::vector<WebSecurity::Mark> WebSecurity::marks() const {
  std::vector<Mark> marks;
  for (const std::string& file : current_.files) marks.push_back(mark_of(file));
  return marks;
}

void WebSecurity::follow_files() {
  const auto now = now_();
  if (now - looked_ < kLook) return;
  looked_ = now;
  // Before the reading: what is written meanwhile is seen at the next look.
  auto found = marks();
  if (found == marks_) return;
  const bool first = marks_.empty();
  marks_ = std::move(found);
  auto loaded = load();
  if (!loaded) {
    spdlog::error("{}; what was read before stays in force", loaded.error().text());
    return;
  }
  if ((loaded->tls == nullptr) != (current_.tls == nullptr)) {
    spdlog::error("{}: TLS begins and ends with the agent only; what was read before stays in force", path_);
    return;
  }
  // Files that are new here have no mark from before they were read: they are read once more at the next look.
  if (loaded->files != current_.files) marks_.clear();
  // Who was let in, and who has guessed too often, stays known: a new certificate is no new beginning.
  if (loaded->users == current_.users) loaded->auth = std::move(current_.auth);
  current_ = *std::move(loaded);
  if (!first) spdlog::info("{} was read anew", path_);
}

}  // namespace tickwire::api
