// What it owns: a global locale that writes 1.234,5, for as long as the object lives.
// Who may use it: tests of export.
// Thread: tests that run alone in their process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <locale>
#include <string>

namespace tickwire {

class CommaLocale {
 public:
  CommaLocale() : saved_(std::locale::global(std::locale(std::locale::classic(), new Commas))) {}
  CommaLocale(const CommaLocale&) = delete;
  CommaLocale& operator=(const CommaLocale&) = delete;
  ~CommaLocale() { std::locale::global(saved_); }

 private:
  struct Commas : std::numpunct<char> {
    [[nodiscard]] char do_decimal_point() const override { return ','; }
    [[nodiscard]] char do_thousands_sep() const override { return '.'; }
    [[nodiscard]] std::string do_grouping() const override { return "\3"; }
  };

  std::locale saved_;
};

}  // namespace tickwire
