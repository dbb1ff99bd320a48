// What it owns: a table of text whose columns are as wide as what stands in them.
// Who may use it: the text files of this room.
// Thread: one at a time, a value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire::exporting {

enum class Align : std::uint8_t { kLeft, kRight };

struct Column {
  std::string_view name;
  Align align = Align::kLeft;
  std::string_view group;  // neighbours of the same group stand closer, under its name; empty: none
};

class Columns {
 public:
  explicit Columns(std::vector<Column> columns);

  // One cell a column.
  void add(std::vector<std::string> cells);
  // A line of group names if there are groups, a line of names, a line a row; each ends with a newline and without spaces before
  // it.
  [[nodiscard]] std::string text(std::string_view indent = "") const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;
  [[nodiscard]] std::string group_line(const std::vector<std::size_t>& widths) const;
  [[nodiscard]] std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const;
  // Spaces before a column.
  [[nodiscard]] std::size_t gap(std::size_t column) const;
  // One past the last column of the group that begins at `first`.
  [[nodiscard]] std::size_t group_end(std::size_t first) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tickwire::exporting
