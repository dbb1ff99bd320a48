// What it owns: a file, or standard output, that is written in lines.
// Who may use it: server/, bots/.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "gameserver/common/result.h"

namespace tickwire::game {

class LineFile {
 public:
  // path "": a file that swallows everything; "-": standard output. Replaces what the file held.
  [[nodiscard]] static Result<LineFile> open(const std::string& path) {
    LineFile file;
    if (path == "-") file.out_ = stdout;
    if (path.empty() || path == "-") return file;
    file.owned_.reset(std::fopen(path.c_str(), "we"));
    if (!file.owned_) return fail_errno(errno, "open", path);
    file.out_ = file.owned_.get();
    return file;
  }

  [[nodiscard]] bool is_open() const { return out_ != nullptr; }
  void write(std::string_view line) {
    if (!is_open()) return;
    std::fwrite(line.data(), 1, line.size(), out_);
    std::fputc('\n', out_);
  }
  // Lines reach the file here, at the latest when it closes.
  void flush() {
    if (is_open()) std::fflush(out_);
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> owned_;
  std::FILE* out_ = nullptr;
};

}  // namespace tickwire::game
