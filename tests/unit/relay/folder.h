// What it owns: a folder for one test's files, with the modes that it asks for.
// Who may use it: relay's tests.
// Thread: one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace tickwire::relay::sample {

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "tickwire-relay-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  // Writes the file anew: another inode, as an editor or a mounted secret has.
  std::string write(const std::string& name, std::string_view text, mode_t mode = 0400) const {
    const std::filesystem::path file = path_ / name;
    const std::filesystem::path fresh = path_ / (name + ".new");
    std::ofstream(fresh) << text;
    ::chmod(fresh.c_str(), mode);
    std::filesystem::rename(fresh, file);
    return file;
  }
  [[nodiscard]] std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tickwire::relay::sample
