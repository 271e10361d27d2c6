// SPDX-License-Identifier: Apache-2.0
// Channels and clock marks as JSON.
#include "btrack/power/trace_json.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace btrack::power {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

json optional_text(const std::optional<std::string>& text) { return text ? json(*text) : json(); }

std::string_view kind_name(ChannelKind kind) {
  return kind == ChannelKind::power_gauge ? "power_gauge" : "energy_counter";
}

std::string_view evidence_name(Evidence evidence) {
  return evidence == Evidence::estimated ? "estimated" : "measured";
}

ordered_json to_json(const Channel& c) {
  return {{"id", c.id},
          {"label", c.label},
          {"domain", domain_name(c.domain)},
          {"kind", kind_name(c.kind)},
          {"evidence", evidence_name(c.evidence)},
          {"si_per_count", c.si_per_count},
          {"modulus", c.modulus},
          {"update_period_s", c.update_period.count()},
          {"window_s", c.window.count()},
          {"latency_s", c.latency.count()},
          {"safe_period_s", c.safe_period.count()},
          {"power_limit_w", c.power_limit.value()},
          {"gain_low", c.gain.low},
          {"gain_high", c.gain.high},
          {"offset_w", c.offset.value()},
          {"gain_source", c.gain_source},
          {"filtered", c.filtered},
          {"device", c.device},
          {"note", c.note},
          {"beside", c.beside},
          {"part_of", optional_text(c.part_of)},
          {"duplicate_of", optional_text(c.duplicate_of)}};
}

/// Reads one object; keeps the first problem.
class Fields {
 public:
  Fields(const json& object, std::string where) : object_(object), where_(std::move(where)) {}

  template <class T>
  T get(const char* key) {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      complain(fmt::format("{}.{} is missing", where_, key));
      return {};
    }
    return convert<T>(*found, key);
  }
  template <class T>
  T get_or(const char* key, T otherwise) {
    const auto found = object_.find(key);
    return found == object_.end() ? otherwise : convert<T>(*found, key);
  }
  std::optional<std::string> optional_text(const char* key) {
    const auto found = object_.find(key);
    if (found == object_.end() || found->is_null()) return std::nullopt;
    return convert<std::string>(*found, key);
  }
  /// Whether the text is `second`; anything but the two names is a problem.
  bool is_second(const char* key, std::string_view first, std::string_view second) {
    const auto name = get<std::string>(key);
    if (name != first && name != second) {
      complain(fmt::format("{}.{} should be {} or {}", where_, key, first, second));
    }
    return name == second;
  }
  Domain domain(const char* key) {
    const auto name = get<std::string>(key);
    const Domain domain = domain_from(name);
    if (domain_name(domain) != name) {
      complain(fmt::format("{}.{} should be the name of a domain, not '{}'", where_, key, name));
    }
    return domain;
  }
  void complain(std::string message) {
    if (!problem_) problem_ = Error{ErrorKind::malformed, std::move(message), ""};
  }
  [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }

 private:
  template <class T>
  T convert(const json& value, const char* key) {
    try {
      return value.get<T>();
    } catch (const json::exception&) {
      complain(fmt::format("{}.{} is of the wrong type", where_, key));
      return {};
    }
  }

  const json& object_;
  std::string where_;
  std::optional<Error> problem_;
};

Channel channel_from(Fields& in) {
  Channel c;
  c.id = in.get<std::string>("id");
  c.label = in.get<std::string>("label");
  c.domain = in.domain("domain");
  c.kind = in.is_second("kind", kind_name(ChannelKind::energy_counter),
                        kind_name(ChannelKind::power_gauge))
               ? ChannelKind::power_gauge
               : ChannelKind::energy_counter;
  c.evidence = in.is_second("evidence", evidence_name(Evidence::measured),
                            evidence_name(Evidence::estimated))
                   ? Evidence::estimated
                   : Evidence::measured;
  c.si_per_count = in.get<double>("si_per_count");
  c.modulus = in.get<std::uint64_t>("modulus");
  c.update_period = Seconds(in.get<double>("update_period_s"));
  c.window = Seconds(in.get_or("window_s", 0.0));
  c.latency = Seconds(in.get_or("latency_s", 0.0));
  c.safe_period = Seconds(in.get_or("safe_period_s", 0.0));
  c.power_limit = Watts(in.get<double>("power_limit_w"));
  c.gain = {in.get<double>("gain_low"), in.get<double>("gain_high")};
  c.offset = Watts(in.get_or("offset_w", 0.0));
  c.gain_source = in.get<std::string>("gain_source");
  c.filtered = in.get_or("filtered", false);
  c.device = in.get_or("device", std::string());
  c.note = in.get_or("note", std::string());
  c.beside = in.get_or("beside", false);
  c.part_of = in.optional_text("part_of");
  c.duplicate_of = in.optional_text("duplicate_of");
  return c;
}

}  // namespace

std::string channels_to_json(std::span<const Channel> channels) {
  auto all = ordered_json::array();
  for (const Channel& channel : channels) all.push_back(to_json(channel));
  return all.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Result<std::vector<Channel>> channels_from_json(std::string_view text) {
  const json all = json::parse(text, nullptr, false);
  if (!all.is_array()) return fail(ErrorKind::malformed, "channels should be an array of objects");
  std::vector<Channel> channels;
  for (const json& object : all) {
    auto where = fmt::format("channels[{}]", channels.size());
    if (!object.is_object()) return fail(ErrorKind::malformed, where + " should be an object");
    Fields fields(object, std::move(where));
    channels.push_back(channel_from(fields));
    if (fields.problem()) return fail(*fields.problem());
  }
  return channels;
}

std::string clocks_to_json(std::span<const ClockMark> marks) {
  auto all = json::array();
  for (const ClockMark& mark : marks) {
    all.push_back({to_ns(mark.monotonic), mark.raw_ns, mark.realtime_ns, mark.boottime_ns});
  }
  return all.dump();
}

Result<std::vector<ClockMark>> clocks_from_json(std::string_view text) {
  std::vector<ClockMark> marks;
  try {
    for (const auto& row : json::parse(text).get<std::vector<std::array<std::int64_t, 4>>>()) {
      marks.push_back({steady_from_ns(row[0]), row[1], row[2], row[3]});
    }
  } catch (const json::exception&) {
    return fail(ErrorKind::malformed, "clocks should be an array of four whole numbers each");
  }
  return marks;
}

}  // namespace btrack::power
