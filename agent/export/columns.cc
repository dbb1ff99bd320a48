// SPDX-License-Identifier: Apache-2.0
#include "export/columns.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickwire::exporting {
namespace {

void append_line(std::string& out, std::string_view indent, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  if (!line.empty()) out += indent;
  out += line;
  out += '\n';
}

}  // namespace

Columns::Columns(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Columns::add(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::size_t Columns::gap(std::size_t column) const {
  if (column == 0) return 0;
  const bool same_group = !columns_[column].group.empty() && columns_[column].group == columns_[column - 1].group;
  return same_group ? 1 : 2;
}

std::size_t Columns::group_end(std::size_t first) const {
  std::size_t end = first + 1;
  while (end < columns_.size() && !columns_[first].group.empty() && columns_[end].group == columns_[first].group) ++end;
  return end;
}

std::vector<std::size_t> Columns::widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(column.name.size());
  for (const auto& row : rows_) {
    for (std::size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], row[at].size());
  }
  for (std::size_t first = 0; first < columns_.size(); first = group_end(first)) {
    std::size_t span = widths[first];
    for (std::size_t at = first + 1; at < group_end(first); ++at) span += gap(at) + widths[at];
    // A group that is narrower than its name gets the rest in its first column.
    if (columns_[first].group.size() > span) widths[first] += columns_[first].group.size() - span;
  }
  return widths;
}

std::string Columns::group_line(const std::vector<std::size_t>& widths) const {
  std::string out;
  for (std::size_t first = 0; first < columns_.size(); first = group_end(first)) {
    std::size_t span = widths[first];
    for (std::size_t at = first + 1; at < group_end(first); ++at) span += gap(at) + widths[at];
    const std::string_view group = columns_[first].group;
    const std::size_t before = (span - group.size()) / 2;
    out.append(gap(first) + before, ' ');
    out += group;
    out.append(span - group.size() - before, ' ');
  }
  return out;
}

std::string Columns::line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const {
  std::string out;
  for (std::size_t at = 0; at < cells.size(); ++at) {
    const std::size_t padding = widths[at] - cells[at].size();
    out.append(gap(at), ' ');
    if (columns_[at].align == Align::kRight) out.append(padding, ' ');
    out += cells[at];
    if (columns_[at].align == Align::kLeft) out.append(padding, ' ');
  }
  return out;
}

std::string Columns::text(std::string_view indent) const {
  const std::vector<std::size_t> all_widths = widths();
  std::string out;
  if (std::ranges::any_of(columns_, [](const Column& column) { return !column.group.empty(); })) {
    append_line(out, indent, group_line(all_widths));
  }
  std::vector<std::string> names;
  for (const Column& column : columns_) names.emplace_back(column.name);
  append_line(out, indent, line(names, all_widths));
  for (const auto& row : rows_) append_line(out, indent, line(row, all_widths));
  return out;
}

}  // namespace tickwire::exporting
