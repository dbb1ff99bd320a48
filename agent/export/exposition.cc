// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "export/metrics.h"

// The text format is written here, not by prometheus::TextSerializer: that one prints doubles with 16 digits, so the bound 0.07
// becomes le="0.07000000000000001", and a rule that asks for le="0.07" finds nothing. fmt prints the shortest digits that read
// back as the same double, in any locale.
namespace tickwire::exporting {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void append_escaped(std::string& out, std::string_view text, bool in_quotes) {
  for (const char letter : text) {
    if (letter == '\n') {
      out += "\\n";
    } else if (letter == '\\' || (in_quotes && letter == '"')) {
      out += '\\';
      out += letter;
    } else {
      out += letter;
    }
  }
}

std::string label_text(const std::vector<ClientMetric::Label>& labels) {
  std::string out;
  for (const ClientMetric::Label& label : labels) {
    if (!out.empty()) out += ',';
    out += label.name;
    out += "=\"";
    append_escaped(out, label.value, true);
    out += '"';
  }
  return out;
}

template <typename Number>
void append_sample(std::string& out, std::string_view name, std::string_view suffix, std::string_view labels, Number value) {
  if (labels.empty()) {
    fmt::format_to(std::back_inserter(out), "{}{} {}\n", name, suffix, value);
  } else {
    fmt::format_to(std::back_inserter(out), "{}{}{{{}}} {}\n", name, suffix, labels, value);
  }
}

void append_histogram(std::string& out, const std::string& name, const std::string& labels,
                      const ClientMetric::Histogram& histogram) {
  const std::string_view comma = labels.empty() ? "" : ",";
  for (const ClientMetric::Bucket& bucket : histogram.bucket) {
    fmt::format_to(std::back_inserter(out), "{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, bucket.upper_bound,
                   bucket.cumulative_count);
  }
  fmt::format_to(std::back_inserter(out), "{}_bucket{{{}{}le=\"+Inf\"}} {}\n", name, labels, comma, histogram.sample_count);
  append_sample(out, name, "_sum", labels, histogram.sample_sum);
  append_sample(out, name, "_count", labels, histogram.sample_count);
}

void append_family(std::string& out, const MetricFamily& family) {
  const std::string_view type = family.type == MetricType::Counter     ? "counter"
                                : family.type == MetricType::Histogram ? "histogram"
                                : family.type == MetricType::Summary   ? "summary"
                                                                       : "gauge";
  out += "# HELP " + family.name + ' ';
  append_escaped(out, family.help, false);
  fmt::format_to(std::back_inserter(out), "\n# TYPE {} {}\n", family.name, type);
  for (const ClientMetric& metric : family.metric) {
    const std::string labels = label_text(metric.label);
    if (family.type == MetricType::Histogram) {
      append_histogram(out, family.name, labels, metric.histogram);
    } else if (family.type == MetricType::Summary) {
      append_sample(out, family.name, "_sum", labels, metric.summary.sample_sum);
      append_sample(out, family.name, "_count", labels, metric.summary.sample_count);
    } else {
      append_sample(out, family.name, "", labels, family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value);
    }
  }
}

}  // namespace

std::string metrics_text(const std::vector<MetricFamily>& families) {
  std::string out;
  for (const MetricFamily& family : families) append_family(out, family);
  return out;
}

}  // namespace tickwire::exporting
