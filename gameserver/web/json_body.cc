// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/json_body.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "gameserver/common/printable.h"

namespace tickwire::game {
namespace {

// Takes one flat object and stops at everything else, before anything is built from it.
class MemberReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit MemberReader(std::vector<MemberRule> rules) : rules_(std::move(rules)) {}

  [[nodiscard]] Result<TextMembers> finish(bool parsed) && {
    if (!error_.empty()) return std::unexpected(std::move(error_));
    if (!parsed) return std::unexpected(std::string("the body is no JSON object"));
    for (const MemberRule& rule : rules_) {
      if (rule.is_required && !members_.contains(rule.name)) return std::unexpected(fmt::format("'{}' is missing", rule.name));
    }
    return std::move(members_);
  }

  bool start_object(std::size_t /*elements*/) override { return is_inside_ ? not_text() : (is_inside_ = true); }
  bool key(string_t& name) override {
    name_ = name;
    const std::string shown = printable(name, 32);
    if (std::ranges::find(rules_, std::string_view(name), &MemberRule::name) == rules_.end()) {
      return fail(fmt::format("'{}' is no member that is known here", shown));
    }
    return members_.contains(name) ? fail(fmt::format("'{}' is there twice", shown)) : true;
  }
  bool string(string_t& value) override {
    if (!is_inside_) return not_text();
    members_[name_] = std::move(value);
    return true;
  }
  bool end_object() override { return true; }

  bool null() override { return not_text(); }
  bool boolean(bool /*value*/) override { return not_text(); }
  bool number_integer(number_integer_t /*value*/) override { return not_text(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return not_text(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return not_text(); }
  bool binary(binary_t& /*value*/) override { return not_text(); }
  bool start_array(std::size_t /*elements*/) override { return not_text(); }
  bool end_array() override { return false; }
  // The library's own words quote the body.
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const nlohmann::json::exception& /*what*/) override {
    return fail("the body is no JSON object");
  }

 private:
  bool fail(std::string error) {
    error_ = std::move(error);
    return false;
  }
  bool not_text() { return fail(is_inside_ ? fmt::format("'{}' is no text", name_) : "the body is no JSON object"); }

  std::vector<MemberRule> rules_;
  TextMembers members_;
  std::string name_;  // of the member whose value comes next; one of rules_
  std::string error_;
  bool is_inside_ = false;
};

}  // namespace

Result<TextMembers> parse_text_members(std::string_view body, std::initializer_list<MemberRule> rules) {
  MemberReader reader{std::vector(rules)};
  const bool parsed = nlohmann::json::sax_parse(body, &reader);
  return std::move(reader).finish(parsed);
}

}  // namespace tickwire::game
