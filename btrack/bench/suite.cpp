// SPDX-License-Identifier: Apache-2.0
// Reading suites from TOML, strictly: every key is known, every value has its type and range.
#include "btrack/bench/suite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>

#include "btrack/bench/seeds.hpp"
#include "btrack/bench/toml_values.hpp"
#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::bench {
namespace {

namespace fs = std::filesystem;
using results::Settings;

using values::number;
using values::one_of;
using values::text;
using values::whole_number;
using values::Wrong;

std::vector<std::string> phases(const toml::node& node) {
  std::vector<std::string> list;
  const auto* array = node.as_array();
  if (array != nullptr) {
    for (const auto& item : *array) list.push_back(text(item, "phases"));
  }
  const auto known = [](const std::string& name) {
    return std::ranges::find(results::phase::asked, name) != results::phase::asked.end();
  };
  if (list.empty() || !std::all_of(list.begin(), list.end(), known)) {
    throw Wrong{node.source(), fmt::format("'phases' must be a list of \"{}\"",
                                           fmt::join(results::phase::asked, "\", \""))};
  }
  return list;
}

/// A number, or "auto": the workload's own, smaller where the memory does not suffice.
void batch(Settings& settings, const toml::node& node) {
  settings.batch_auto = node.value_exact<std::string>() == "auto";
  if (settings.batch_auto) {
    settings.batch = 0;
  } else if (node.is_string()) {
    throw Wrong{node.source(), "'batch' must be a whole number of at least 1, or \"auto\""};
  } else {
    settings.batch = whole_number(node, "batch", 1);
  }
}

using Seeds = std::optional<std::vector<std::int64_t>>;

/// "seeds = 3" or "seeds = [1, 4, 9]"; nothing where the table says nothing of them.
Seeds seeds(const toml::table& table) {
  const auto* node = table.get("seeds");
  if (node == nullptr) return std::nullopt;
  if (table.contains("seed")) throw Wrong{node->source(), "'seed' and 'seeds' are there both"};
  std::vector<std::int64_t> list;
  if (const auto* array = node->as_array(); array != nullptr) {
    for (const auto& item : *array) list.push_back(whole_number(item, "seeds", 0));
  }
  auto checked = node->is_array() ? listed_seeds(std::move(list))
                                  : first_seeds(whole_number(*node, "seeds", 1));
  if (!checked) throw Wrong{node->source(), checked.error().message};
  return *checked;
}

using Setter = std::function<void(Settings&, const toml::node&)>;

/// Every key of an entry, in one place; the names are those of the record's settings.
const std::map<std::string, Setter, std::less<>>& setters() {
  constexpr double kDay = 86400.0;
  static const std::map<std::string, Setter, std::less<>> table = {
      {"workload", [](auto& s, auto& n) { s.workload = text(n, "workload"); }},
      {"variant", [](auto& s, auto& n) { s.variant = text(n, "variant"); }},
      {"profile", [](auto& s, auto& n) { s.profile = text(n, "profile"); }},
      {"scale",
       [](auto& s, auto& n) {
         s.scale = one_of(n, "scale", {"full", "tiny"});
       }},
      {"precision",
       [](auto& s, auto& n) {
         s.precision = one_of(n, "precision", {"fp32", "tf32", "bf16", "fp16"});
       }},
      {"phases", [](auto& s, auto& n) { s.phases = phases(n); }},
      {"batch", batch},
      {"infer_batch", [](auto& s, auto& n) { s.infer_batch = whole_number(n, "infer_batch", 1); }},
      {"prompt", [](auto& s, auto& n) { s.prompt = whole_number(n, "prompt", 1); }},
      {"generate", [](auto& s, auto& n) { s.generate = whole_number(n, "generate", 2); }},
      {"epochs", [](auto& s, auto& n) { s.epochs = whole_number(n, "epochs", 1); }},
      {"threads", [](auto& s, auto& n) { s.threads = whole_number(n, "threads", 0); }},
      {"seeds", [](auto&, auto&) {}},  // makes several entries of one
      {"seed", [](auto& s, auto& n) { s.seed = whole_number(n, "seed", 0); }},
      {"infer_seconds",
       [](auto& s, auto& n) { s.infer_seconds = number(n, "infer_seconds", 0.01, kDay); }},
      {"rate", [](auto& s, auto& n) { s.rate = number(n, "rate", 1e-3, 1e6); }},
      {"latency_limit",
       [](auto& s, auto& n) { s.latency_limit = number(n, "latency_limit", 1e-6, kDay); }},
      {"repetitions", [](auto& s, auto& n) { s.repetitions = whole_number(n, "repetitions", 1); }},
      {"max_repetitions",
       [](auto& s, auto& n) { s.max_repetitions = whole_number(n, "max_repetitions", 1); }},
      {"precision_target",
       [](auto& s, auto& n) { s.precision_target = number(n, "precision_target", 1e-4, 1.0); }},
      {"target_accuracy",
       [](auto& s, auto& n) { s.target_accuracy = number(n, "target_accuracy", 0.0, 1.0); }},
      {"device", [](auto& s, auto& n) { s.device = text(n, "device"); }},
      {"file", [](auto& s, auto& n) { s.file = text(n, "file"); }},
      {"data", [](auto& s, auto& n) { s.data = text(n, "data"); }},
      {"label_column", [](auto& s, auto& n) { s.label_column = text(n, "label_column"); }},
      {"weights", [](auto& s, auto& n) { s.weights = text(n, "weights"); }},
  };
  return table;
}

void apply(Settings& settings, const toml::table& table, std::string_view place) {
  for (const auto& [key, node] : table) {
    const auto setter = setters().find(key.str());
    if (setter == setters().end()) {
      std::vector<std::string> known;
      for (const auto& [name, unused] : setters()) known.push_back(name);
      throw Wrong{node.source(), fmt::format("unknown key '{}' in {}{}", key.str(), place,
                                             did_you_mean(key.str(), known))};
    }
    setter->second(settings, node);
  }
}

/// A file is looked for beside the suite. Only inference, unless the entry itself says otherwise.
void complete_file(Settings& settings, const toml::table& table, const fs::path& suite) {
  if (!settings.workload.empty()) {
    throw Wrong{table.source(), "[[run]] has a workload or a file, not both"};
  }
  const auto own = file_settings(suite.parent_path() / settings.file);
  settings.workload = own.workload;
  settings.file = own.file;
  if (!table.contains("phases")) settings.phases = own.phases;
}

std::vector<Settings> entries(const toml::table& file, const Settings& defaults,
                              const Seeds& default_seeds, const fs::path& suite) {
  const auto* runs = file.get_as<toml::array>("run");
  if (runs == nullptr || runs->empty()) {
    throw Wrong{file.source(), "expected at least one [[run]] table with a workload or a file"};
  }
  std::vector<Settings> list;
  for (const auto& run : *runs) {
    Settings settings = defaults;
    const auto* table = run.as_table();
    if (table == nullptr) throw Wrong{run.source(), "'run' must be a [[run]] table"};
    apply(settings, *table, "[[run]]");
    if (!settings.file.empty()) complete_file(settings, *table, suite);
    if (settings.workload.empty()) throw Wrong{run.source(), "[[run]] needs a workload or a file"};
    settings.max_repetitions = std::max(settings.max_repetitions, settings.repetitions);
    auto own = seeds(*table);
    if (!own && !table->contains("seed")) own = default_seeds;
    if (own) {
      const auto all = with_seeds({settings}, *own);
      list.insert(list.end(), all.begin(), all.end());
    } else {
      list.push_back(std::move(settings));
    }
  }
  return list;
}

Suite suite_from(const toml::table& table, const fs::path& file) {
  Suite suite;
  suite.file = file;
  suite.name = file.stem().string();
  Settings defaults;
  Seeds default_seeds;
  defaults.phases = {std::string(results::phase::train), std::string(results::phase::infer)};
  for (const auto& [key, node] : table) {
    if (key == "title") {
      suite.title = text(node, "title");
    } else if (key == "min_accuracy") {
      suite.min_accuracy = number(node, "min_accuracy", 0.0, 1.0);
    } else if (key == "defaults") {
      if (!node.is_table()) throw Wrong{node.source(), "'defaults' must be a [defaults] table"};
      apply(defaults, *node.as_table(), "[defaults]");
      default_seeds = seeds(*node.as_table());
    } else if (key != "run") {
      throw Wrong{
          node.source(),
          fmt::format("unknown key '{}'; a suite has title, min_accuracy, [defaults] and [[run]]",
                      key.str())};
    }
  }
  suite.entries = entries(table, defaults, default_seeds, file);
  return suite;
}

}  // namespace

Settings file_settings(const fs::path& file) {
  Settings settings;
  settings.file = fs::absolute(file).lexically_normal();
  settings.workload = file.filename();
  settings.phases = {std::string(results::phase::infer)};
  return settings;
}

bool is_model_file(const fs::path& file) {
  const auto ending = file.extension();
  return ending == ".pt" || ending == ".pt2";
}

Result<Suite> folder_suite(const fs::path& folder) {
  Suite suite;
  suite.name = fs::absolute(folder / "").lexically_normal().parent_path().filename();
  suite.file = folder;
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (is_model_file(entry.path())) files.push_back(entry.path());
  }
  if (error) return fail(system_error(error.value(), "read", folder));
  if (files.empty()) {
    return fail(ErrorKind::not_found,
                fmt::format("{} holds no model file (.pt, .pt2)", folder.string()),
                "docs/models.md shows how a model of your own is exported and described");
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) suite.entries.push_back(file_settings(file));
  return suite;
}

Result<Suite> load_suite(const fs::path& file) {
  return values::read_toml(file, "see suites/quick.toml for an example",
                           [&](const toml::table& table) { return suite_from(table, file); });
}

std::vector<fs::path> suite_folders() {
  std::vector<fs::path> folders;
  if (const char* own = std::getenv("BTRACK_SUITES"); own != nullptr) folders.emplace_back(own);
  const auto program = program_folder();
  folders.push_back(program / "../share/btrack/suites");
  folders.push_back(program / "../../../suites");  // build/<preset>/bin
  return folders;
}

std::vector<Suite> all_suites() {
  std::map<std::string, Suite> by_name;
  for (const auto& folder : suite_folders()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() != ".toml") continue;
      if (auto suite = load_suite(entry.path())) {
        by_name.try_emplace(suite->name, std::move(*suite));
      }
    }
  }
  std::vector<Suite> suites;
  suites.reserve(by_name.size());
  for (auto& [name, suite] : by_name) suites.push_back(std::move(suite));
  return suites;
}

std::optional<fs::path> suite_file(std::string_view name_or_file) {
  const fs::path given(name_or_file);
  if (given.extension() == ".toml") return given;
  for (const auto& folder : suite_folders()) {
    const auto file = folder / fmt::format("{}.toml", name_or_file);
    std::error_code error;
    if (fs::is_regular_file(file, error)) return file;
  }
  return std::nullopt;
}

Result<Suite> find_suite(std::string_view name_or_file) {
  if (const auto file = suite_file(name_or_file)) return load_suite(*file);
  std::vector<std::string> known;
  for (const auto& suite : all_suites()) known.push_back(suite.name);
  return fail(
      ErrorKind::usage,
      fmt::format("there is no suite '{}'{}", name_or_file, did_you_mean(name_or_file, known)),
      "`btrack list` shows the suites; a path ending in .toml is taken as a file");
}

}  // namespace btrack::bench
