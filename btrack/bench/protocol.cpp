// SPDX-License-Identifier: Apache-2.0
// Encoding and strict decoding of the worker protocol's JSON lines.
#include "btrack/bench/protocol.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace btrack::bench {
namespace {

using Json = nlohmann::ordered_json;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json checks_to_json(const std::vector<results::Check>& checks) {
  Json list = Json::array();
  for (const auto& check : checks) {
    list.push_back({{"name", check.name}, {"expected", check.expected}, {"actual", check.actual}});
  }
  return list;
}

std::vector<results::Check> checks_from_json(const Json& list) {
  std::vector<results::Check> checks;
  for (const auto& check : list) {
    checks.push_back({check.at("name").get<std::string>(), check.at("expected").get<std::int64_t>(),
                      check.at("actual").get<std::int64_t>()});
  }
  return checks;
}

Json to_json(const Hello& hello) {
  return {{"type", "hello"},
          {"version", hello.version},
          {"workload", hello.workload},
          {"family", hello.family},
          {"item_unit", hello.item_unit},
          {"parameters", hello.parameters},
          {"macs_per_item", hello.macs_per_item},
          {"batch", hello.batch},
          {"infer_batch", hello.infer_batch},
          {"prompt", hello.prompt},
          {"generate", hello.generate},
          {"checks", checks_to_json(hello.checks)},
          {"provenance", hello.provenance}};
}

Hello hello_from(const Json& json) {
  Hello hello;
  hello.version = json.at("version").get<int>();
  hello.workload = json.at("workload").get<std::string>();
  hello.family = json.value("family", "");
  hello.item_unit = json.value("item_unit", "items");
  hello.parameters = json.value("parameters", std::int64_t{0});
  hello.macs_per_item = json.value("macs_per_item", std::int64_t{0});
  hello.batch = json.value("batch", std::int64_t{0});
  hello.infer_batch = json.value("infer_batch", std::int64_t{0});
  hello.prompt = json.value("prompt", std::int64_t{0});
  hello.generate = json.value("generate", std::int64_t{0});
  if (json.contains("checks")) hello.checks = checks_from_json(json.at("checks"));
  if (json.contains("provenance")) {
    hello.provenance = json.at("provenance").get<std::map<std::string, std::string>>();
  }
  return hello;
}

Json to_json(const WindowDone& done) {
  return {{"type", "window"},
          {"phase", done.phase},
          {"index", done.index},
          {"begin_ns", to_ns(done.window.begin)},
          {"end_ns", to_ns(done.window.end)},
          {"items", done.items}};
}

WindowDone window_from(const Json& json) {
  WindowDone done;
  done.phase = json.at("phase").get<std::string>();
  done.index = json.value("index", std::int64_t{0});
  done.window.begin = steady_from_ns(json.at("begin_ns").get<std::int64_t>());
  done.window.end = steady_from_ns(json.at("end_ns").get<std::int64_t>());
  done.items = json.at("items").get<std::int64_t>();
  return done;
}

Json to_json(const Latencies& latencies) {
  return {{"type", "latencies"},
          {"phase", latencies.phase},
          {"index", latencies.index},
          {"ns", latencies.ns}};
}

Latencies latencies_from(const Json& json) {
  Latencies latencies;
  latencies.phase = json.at("phase").get<std::string>();
  latencies.index = json.value("index", std::int64_t{0});
  for (const Json& ns : json.at("ns")) {
    if (!ns.is_number_integer() || ns.get<std::int64_t>() < 0) {
      throw std::invalid_argument("'ns' must be a list of whole numbers, 0 or more");
    }
    latencies.ns.push_back(ns.get<std::int64_t>());
  }
  return latencies;
}

Json to_json(const Failed& failed) {
  return {{"type", "failed"},
          {"kind", error_kind_name(failed.error.kind)},
          {"message", failed.error.message},
          {"remedy", failed.error.remedy}};
}

Event event_from(const Json& json, const std::string& type) {
  if (type == "hello") return hello_from(json);
  if (type == "ready") return Ready{};
  if (type == "done") return Done{};
  if (type == "window") return window_from(json);
  if (type == "latencies") return latencies_from(json);
  if (type == "progress") {
    return Progress{json.value("phase", ""), json.at("done").get<std::int64_t>(),
                    json.value("total", std::int64_t{0})};
  }
  if (type == "quality") {
    return QualityReached{{json.at("metric").get<std::string>(), json.at("value").get<double>(),
                           json.value("index", std::int64_t{0})}};
  }
  if (type == "failed") {
    return Failed{{error_kind_from(json.value("kind", "crashed")),
                   json.at("message").get<std::string>(), json.value("remedy", "")}};
  }
  throw std::invalid_argument("unknown message type '" + type + "'");
}

Result<Command> command_from(const Json& json, const std::string& type) {
  if (type == "stop") return Stop{};
  if (type == "run") {
    return Run{json.at("phase").get<std::string>(), json.value("epochs", std::int64_t{0}),
               json.value("seconds", 0.0), json.value("index", std::int64_t{0}),
               json.value("rate", 0.0)};
  }
  if (type == "prepare") {
    auto settings = results::settings_from_json(json.at("settings").dump());
    if (!settings) return fail(settings.error());
    return Prepare{std::move(*settings)};
  }
  throw std::invalid_argument("unknown message type '" + type + "'");
}

/// Runs `decode` on the parsed line; whatever is wrong with the line becomes one sentence.
template <class Message, class Decode>
Result<Message> decoded(std::string_view line, const Decode& decode) {
  try {
    const Json json = Json::parse(line);
    return decode(json, json.at("type").get<std::string>());
  } catch (const std::exception& error) {
    return fail(ErrorKind::malformed, fmt::format("'{}' is not a line of the worker protocol ({})",
                                                  line.substr(0, 80), error.what()));
  }
}

}  // namespace

std::string encode(const Command& command) {
  return std::visit(
      Overloaded{[](const Prepare& prepare) {
                   return line_of(
                       {{"type", "prepare"},
                        {"settings", Json::parse(results::settings_to_json(prepare.settings))}});
                 },
                 [](const Run& run) {
                   return line_of({{"type", "run"},
                                   {"phase", run.phase},
                                   {"epochs", run.epochs},
                                   {"seconds", run.seconds},
                                   {"index", run.index},
                                   {"rate", run.rate}});
                 },
                 [](const Stop&) {
                   return line_of({{"type", "stop"}});
                 }},
      command);
}

std::string encode(const Event& event) {
  return std::visit(Overloaded{[](const Hello& hello) { return line_of(to_json(hello)); },
                               [](const Ready&) {
                                 return line_of({{"type", "ready"}});
                               },
                               [](const Done&) {
                                 return line_of({{"type", "done"}});
                               },
                               [](const Progress& progress) {
                                 return line_of({{"type", "progress"},
                                                 {"phase", progress.phase},
                                                 {"done", progress.done},
                                                 {"total", progress.total}});
                               },
                               [](const WindowDone& done) { return line_of(to_json(done)); },
                               [](const Latencies& some) { return line_of(to_json(some)); },
                               [](const QualityReached& reached) {
                                 return line_of({{"type", "quality"},
                                                 {"metric", reached.quality.metric},
                                                 {"value", reached.quality.value},
                                                 {"index", reached.quality.index}});
                               },
                               [](const Failed& failed) { return line_of(to_json(failed)); }},
                    event);
}

Result<Command> decode_command(std::string_view line) {
  return decoded<Command>(line, command_from);
}

Result<Event> decode_event(std::string_view line) {
  return decoded<Event>(line, [](const Json& json, const std::string& type) -> Result<Event> {
    return event_from(json, type);
  });
}

}  // namespace btrack::bench
