// What it owns: one line of a file that nobody else may read: a robot's address, or its secret.
// Who may use it: relay.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "base/result.h"

namespace tickwire::relay {

class SecretFile {
 public:
  explicit SecretFile(std::string path) : path_(std::move(path)) {}

  // The one line in it, without spaces around it; read again only after the file has changed. Errors name the file, never what is in it:
  // not readable, no regular file, open to others (any mode bit of "others"; links are followed, as secrets of Kubernetes are links),
  // empty, longer than 4 KiB, more than one line.
  [[nodiscard]] Result<std::string> read();

 private:
  struct Version {
    dev_t device;
    ino_t inode;
    off_t size;
    timespec modified;
  };

  std::string path_;
  std::optional<Version> version_;  // of the line that is kept
  std::string line_;
};

}  // namespace tickwire::relay
