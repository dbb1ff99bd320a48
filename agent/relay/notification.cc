// SPDX-License-Identifier: Apache-2.0
#include "relay/notification.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "relay/time_text.h"
#include "relay/utf8.h"

namespace tickwire::relay {
namespace {

using nlohmann::json;

// Bounds of an Alert's texts.
constexpr std::size_t kLabelBytes = 128;
constexpr std::size_t kSummaryBytes = 256;
constexpr std::size_t kDescriptionBytes = 960;
constexpr std::size_t kUrlBytes = 512;
constexpr std::size_t kKeyBytes = 4096;
// Signs that begin, end or part values. Alertmanager's JSON has one in eight bytes at most, 131,072 in a mebibyte; a tree of many more would take
// a hundred times the body's size.
constexpr std::ptrdiff_t kMostSigns = 200'000;

std::unexpected<Error> wrong(std::string_view place, std::string_view what) {
  return fail_usage(fmt::format("{}: {}", place, what));
}

// The member of an object; none: it is not there, or null.
const json* member(const json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<std::string> text_of(const json& object, std::string_view place, std::string_view name) {
  const json* value = member(object, name);
  if (value == nullptr) return std::string();
  if (!value->is_string())
    return wrong(fmt::format("{}{}", place, name), fmt::format("a text is wanted, it is {}", value->type_name()));
  return value->get<std::string>();
}

std::string bounded(std::string_view text, std::size_t most) { return shortened(text, most); }

// A URL that is cut leads elsewhere: it is left out.
std::string bounded_url(std::string text) { return text.size() > kUrlBytes ? std::string() : std::move(text); }

// Labels or annotations.
struct Texts {
  const json* object;

  [[nodiscard]] std::string first_of(std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names) {
      const json* value = object != nullptr ? member(*object, name) : nullptr;
      if (value != nullptr && !value->get_ref<const std::string&>().empty()) return value->get<std::string>();
    }
    return {};
  }
};

Result<Texts> texts_of(const json& alert, const std::string& place, std::string_view name) {
  const json* value = member(alert, name);
  if (value == nullptr) return Texts{nullptr};
  if (!value->is_object())
    return wrong(place + std::string(name), fmt::format("an object is wanted, it is {}", value->type_name()));
  for (const auto& [key, each] : value->items()) {
    if (!each.is_string() && !each.is_null()) {
      return wrong(fmt::format("{}{}.{}", place, name, shortened(key, 64)),
                   fmt::format("a text is wanted, it is {}", each.type_name()));
    }
  }
  return Texts{value};
}

Result<std::chrono::seconds> time_of(const json& alert, const std::string& place, std::string_view name) {
  const auto text = text_of(alert, place, name);
  if (!text) return std::unexpected(text.error());
  const auto time = parse_time(*text);
  if (!time) return wrong(place + std::string(name), "a time is wanted, like 2026-01-02T03:04:05Z");
  return *time;
}

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  if (::EVP_Digest(text.data(), text.size(), hash.data(), &length, ::EVP_sha256(), nullptr) != 1) return std::string(text);
  return {reinterpret_cast<const char*>(hash.data()), length};
}

Result<void> read_state(const json& item, const std::string& place, Alert& alert) {
  const auto status = text_of(item, place, "status");
  if (!status) return std::unexpected(status.error());
  if (*status != "firing" && *status != "resolved") return wrong(place + "status", "neither firing nor resolved");
  alert.firing = *status == "firing";
  const auto starts = time_of(item, place, "startsAt");
  if (!starts) return std::unexpected(starts.error());
  alert.starts = *starts;
  if (alert.firing) return {};
  const auto ends = time_of(item, place, "endsAt");
  if (!ends) return std::unexpected(ends.error());
  alert.ends = *ends;
  return {};
}

Result<std::shared_ptr<const Alert>> read_alert(const json& item, const std::string& place) {
  if (!item.is_object()) return wrong(place, fmt::format("an object is wanted, it is {}", item.type_name()));
  const std::string inside = place + ".";
  auto alert = std::make_shared<Alert>();
  if (auto read = read_state(item, inside, *alert); !read) return std::unexpected(read.error());
  const auto labels = texts_of(item, inside, "labels");
  if (!labels) return std::unexpected(labels.error());
  const auto annotations = texts_of(item, inside, "annotations");
  if (!annotations) return std::unexpected(annotations.error());
  auto fingerprint = text_of(item, inside, "fingerprint");
  if (!fingerprint) return std::unexpected(fingerprint.error());
  auto generator = text_of(item, inside, "generatorURL");
  if (!generator) return std::unexpected(generator.error());

  if (fingerprint->empty() && labels->object != nullptr) fingerprint = sha256(labels->object->dump());
  alert->fingerprint = bounded(*fingerprint, kLabelBytes);
  alert->name = bounded(labels->first_of({"alertname"}), kLabelBytes);
  alert->severity = bounded(labels->first_of({"severity"}), kLabelBytes);
  alert->service = bounded(labels->first_of({"service", "region"}), kLabelBytes);
  alert->node = bounded(labels->first_of({"instance", "node"}), kLabelBytes);
  alert->summary = bounded(annotations->first_of({"summary"}), kSummaryBytes);
  alert->description = bounded(annotations->first_of({"description", "message"}), kDescriptionBytes);
  alert->summary_zh = bounded(annotations->first_of({"summary_zh"}), kSummaryBytes);
  alert->description_zh = bounded(annotations->first_of({"description_zh"}), kDescriptionBytes);
  alert->runbook_url = bounded_url(annotations->first_of({"runbook_url"}));
  alert->source_url = bounded_url(annotations->first_of({"dashboard_url"}));
  if (alert->source_url.empty()) alert->source_url = bounded_url(*std::move(generator));
  return alert;
}

Result<void> check_version(const json& root) {
  const json* version = member(root, "version");
  if (version == nullptr) return wrong("version", "it is missing; Alertmanager's webhook of version 4 is wanted");
  if (!version->is_string() || version->get_ref<const std::string&>() != "4") {
    return wrong("version", "it is not \"4\": only Alertmanager's webhook of version 4 is understood");
  }
  return {};
}

Result<json> parse_json(std::string_view body) {
  if (std::ranges::count_if(body, [](char c) { return c == '[' || c == '{' || c == ',' || c == ':'; }) > kMostSigns) {
    return wrong("body", "more values than a notification has");
  }
  // The sender's broken characters are replaced first, so that they do not cost the alert.
  try {
    json root = json::parse(repaired(body));
    if (!root.is_object()) return wrong("body", fmt::format("an object is wanted, it is {}", root.type_name()));
    return root;
  } catch (const json::parse_error& error) {
    return wrong("body", fmt::format("not JSON, from byte {} on", error.byte));
  } catch (const json::out_of_range&) {
    return wrong("body", "a number that no double can hold");
  }
}

Result<Notification> read_notification(const json& root) {
  if (auto checked = check_version(root); !checked) return std::unexpected(checked.error());
  Notification notification;
  auto group_key = text_of(root, "", "groupKey");
  if (!group_key) return std::unexpected(group_key.error());
  auto external = text_of(root, "", "externalURL");
  if (!external) return std::unexpected(external.error());
  notification.group_key = group_key->size() > kKeyBytes ? sha256(*group_key) : *std::move(group_key);
  notification.external_url = bounded_url(*std::move(external));

  const json* truncated = member(root, "truncatedAlerts");
  if (truncated != nullptr && !truncated->is_number_unsigned()) return wrong("truncatedAlerts", "a count is wanted");
  const json* alerts = member(root, "alerts");
  if (alerts == nullptr || !alerts->is_array()) return wrong("alerts", "an array is wanted");
  if (alerts->empty()) return wrong("alerts", "it is empty");
  for (std::size_t i = 0; i < std::min(alerts->size(), kMostAlerts); ++i) {
    auto alert = read_alert((*alerts)[i], fmt::format("alerts[{}]", i));
    if (!alert) return std::unexpected(alert.error());
    notification.alerts.push_back(*std::move(alert));
  }
  notification.unread = alerts->size() - notification.alerts.size();
  if (truncated != nullptr) notification.unread += std::min<std::uint64_t>(truncated->get<std::uint64_t>(), 1'000'000'000);
  return notification;
}

}  // namespace

Result<Notification> parse_notification(std::string_view body) {
  const auto root = parse_json(body);
  if (!root) return std::unexpected(root.error());
  return read_notification(*root);
}

std::string content_digest(const Notification& notification) {
  std::string text;
  const auto add = [&text](std::string_view part) { text.append(std::to_string(part.size())).append(":").append(part); };
  add(notification.group_key);
  for (const auto& alert : notification.alerts) {
    add(alert->fingerprint);
    add(alert->firing ? "firing" : "resolved");
    add(std::to_string(alert->starts.count()));
    add(std::to_string(alert->ends.count()));
    add(alert->summary);
    add(alert->description);
    add(alert->summary_zh);
    add(alert->description_zh);
  }
  return sha256(text);
}

}  // namespace tickwire::relay
