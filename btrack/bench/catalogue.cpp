// SPDX-License-Identifier: Apache-2.0
// Asking the worker for its table.
#include "btrack/bench/catalogue.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>

#include "btrack/core/child_process.hpp"
#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::bench {
namespace {

constexpr Seconds kListTimeout{60.0};  // a cold disk needs many seconds for LibTorch's 500 MB

Result<std::string> output_of(const std::vector<std::string>& argv) {
  ChildOptions options;
  options.argv = argv;
  auto ended = run_program(std::move(options), kListTimeout);
  if (!ended) return fail(ended.error());
  if (ended->status.code != 0) {
    const auto last_words = split(trim(ended->errors), '\n').back();
    return fail(ErrorKind::crashed, fmt::format("'{} {}' ended with code {} ({})", argv[0], argv[1],
                                                ended->status.code, last_words));
  }
  return std::move(ended->output);
}

CatalogueVariant variant_from(const nlohmann::json& json) {
  CatalogueVariant variant;
  variant.name = json.at("name").get<std::string>();
  variant.input = json.value("input", "");
  variant.macs_per_item = json.value("macs_per_item", std::int64_t{0});
  const auto profiles = json.value("profiles", nlohmann::json::object());
  for (const auto& [profile, own] : profiles.items()) {
    variant.profiles.push_back(
        {profile, own.value("batch", std::int64_t{0}), own.value("infer_batch", std::int64_t{0})});
  }
  return variant;
}

CatalogueAnswer answer_from(const nlohmann::json& json) {
  return {json.value("prompt", std::int64_t{0}), json.value("generate", std::int64_t{0})};
}

CatalogueRow row_from(const nlohmann::json& json) {
  CatalogueRow row;
  row.name = json.at("name").get<std::string>();
  row.file = json.value("file", "");
  row.family = json.value("family", "");
  row.task = json.value("task", "");
  row.input = json.value("input", "");
  row.item_unit = json.value("item_unit", "items");
  row.parameters = json.value("parameters", std::int64_t{0});
  row.macs_per_item = json.value("macs_per_item", std::int64_t{0});
  const auto defaults = json.value("defaults", nlohmann::json::object());
  row.batch = defaults.value("batch", std::int64_t{1});
  row.infer_batch = defaults.value("infer_batch", std::int64_t{1});
  row.epochs = defaults.value("epochs", std::int64_t{1});
  row.epoch_batches = json.value("epoch_batches", std::int64_t{0});
  row.inference_only = json.value("inference_only", false);
  row.tiny_batch = json.value("tiny_batch", std::int64_t{0});
  row.answer = answer_from(json.value("answer", nlohmann::json::object()));
  row.tiny_answer = answer_from(json.value("tiny_answer", nlohmann::json::object()));
  for (const auto& variant : json.value("variants", nlohmann::json::array())) {
    row.variants.push_back(variant_from(variant));
  }
  return row;
}

/// The element of that name; the error names the nearest.
template <class Element>
Result<const Element*> find_named(const std::vector<Element>& all, std::string_view name,
                                  std::string Element::*key, std::string_view what) {
  std::vector<std::string> known;
  for (const auto& element : all) {
    if (element.*key == name) return &element;
    known.push_back(element.*key);
  }
  return fail(ErrorKind::usage,
              fmt::format("there is no {} '{}'{}", what, name, did_you_mean(name, known)),
              fmt::format("known: {}", join(known, ", ")));
}

/// The batch sizes that the entry's variant, profile and scale stand for.
Result<CatalogueBatches> own_batches(const results::Settings& entry, const CatalogueRow& row) {
  if (entry.scale != "full") {
    if (row.tiny_batch > 0) return CatalogueBatches{entry.profile, row.tiny_batch, row.tiny_batch};
    return fail(ErrorKind::unsupported,
                fmt::format("the worker has no scale '{}' of {}", entry.scale, row.name),
                "write scale = \"full\"");
  }
  if (row.variants.empty()) return CatalogueBatches{entry.profile, row.batch, row.infer_batch};
  const CatalogueVariant* variant = &row.variants.front();
  if (!entry.variant.empty()) {
    const auto named = find_named(row.variants, entry.variant, &CatalogueVariant::name,
                                  fmt::format("variant of {}", row.name));
    if (!named) return fail(named.error());
    variant = *named;
  }
  const auto profile =
      find_named(variant->profiles, entry.profile, &CatalogueBatches::profile, "profile");
  if (!profile) return fail(profile.error());
  return **profile;
}

/// Lengths of prompt and answer, where the entry has a phase with them.
Result<void> complete_answer(results::Settings& entry, const CatalogueRow& row) {
  const auto generates = [](const std::string& phase) {
    return phase == results::phase::prefill || phase == results::phase::decode;
  };
  const auto phase = std::ranges::find_if(entry.phases, generates);
  if (phase == entry.phases.end()) return {};
  const CatalogueAnswer& own = entry.scale == "full" ? row.answer : row.tiny_answer;
  if (entry.prompt == 0) entry.prompt = own.prompt;
  if (entry.generate == 0) entry.generate = own.generate;
  if (own.prompt > 0) return {};
  return fail(ErrorKind::usage,
              fmt::format("{} has no phase {}: it does not generate tokens", row.name, *phase),
              "decoders such as llama_mini do; the others have --phases infer");
}

Result<void> check_server(const results::Settings& entry) {
  const bool server = std::ranges::find(entry.phases, results::phase::server) != entry.phases.end();
  if (server && !entry.rate && !entry.latency_limit) {
    return fail(
        ErrorKind::usage,
        fmt::format("scenario server of {} needs a rate or a latency limit", entry.workload),
        "write --rate QUERIES_PER_SECOND, or --latency-limit SECONDS to look for the "
        "highest rate");
  }
  if (!server && (entry.rate || entry.latency_limit)) {
    return fail(ErrorKind::usage,
                fmt::format("{} of {} is for scenario server, which is not asked for",
                            entry.rate ? "the rate" : "the latency limit", entry.workload),
                "add --scenario server, or leave it out");
  }
  return {};
}

}  // namespace

Result<std::filesystem::path> find_worker(const std::string& given) {
  std::filesystem::path path = given;
  if (path.empty()) {
    const char* own = std::getenv("BTRACK_WORKER");
    path = own != nullptr ? std::filesystem::path(own) : program_folder() / "btrack-worker";
  }
  if (::access(path.c_str(), X_OK) == 0) return path;
  return fail(
      ErrorKind::not_found, fmt::format("there is no worker program at {}", path.string()),
      "build it (cmake --preset release && cmake --build build/release) or name one with --worker");
}

Result<std::vector<CatalogueRow>> catalogue(const std::filesystem::path& worker) {
  const auto text = output_of({worker.string(), "--list"});
  if (!text) return fail(text.error());
  try {
    std::vector<CatalogueRow> rows;
    for (const auto& row : nlohmann::json::parse(*text)) rows.push_back(row_from(row));
    return rows;
  } catch (const std::exception& error) {
    return fail(ErrorKind::malformed,
                fmt::format("'{} --list' did not print its workloads as JSON ({})", worker.string(),
                            error.what()));
  }
}

Result<void> add_files(const std::filesystem::path& worker,
                       const std::vector<results::Settings>& entries,
                       std::vector<CatalogueRow>& rows) {
  std::vector<std::string> argv{worker.string(), "--describe"};
  bool others = false;
  for (const auto& entry : entries) {
    if (entry.file.empty()) {
      others = true;
    } else if (std::find(argv.begin() + 2, argv.end(), entry.file) == argv.end()) {
      argv.push_back(entry.file);
    }
  }
  if (argv.size() == 2) return {};
  const auto text = output_of(argv);
  if (!text) return fail(text.error());
  try {
    std::optional<Error> first;
    for (const auto& row : nlohmann::json::parse(*text)) {
      if (!row.contains("error")) {
        rows.push_back(row_from(row));
        others = true;
      } else if (!first) {
        const auto& error = row.at("error");
        first = Error{error_kind_from(error.value("kind", "")), error.at("message"),
                      error.value("remedy", "")};
      }
    }
    if (first && !others) return fail(std::move(*first));
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorKind::malformed,
                fmt::format("'{} --describe' did not print its files as JSON ({})", worker.string(),
                            error.what()));
  }
}

Result<void> complete_settings(std::vector<results::Settings>& entries,
                               const std::vector<CatalogueRow>& rows) {
  const auto set = [](std::int64_t& value, std::int64_t own) {
    if (value == 0) value = own;
  };
  for (auto& entry : entries) {
    const bool own_file = !entry.file.empty();
    const auto row = own_file ? find_named(rows, entry.file, &CatalogueRow::file, "model file")
                              : find_named(rows, entry.workload, &CatalogueRow::name, "workload");
    if (!row && own_file) continue;  // its run will say what is wrong with it
    if (!row) {
      return fail(row.error().kind, row.error().message, "`btrack list` shows the workloads");
    }
    entry.workload = (*row)->name;
    const auto own = own_batches(entry, **row);
    if (!own) return fail(own.error());
    if ((*row)->inference_only) set(entry.infer_batch, entry.batch);
    set(entry.batch, own->batch);
    set(entry.infer_batch, own->infer_batch);
    set(entry.epochs, (*row)->epochs);
    if (auto lengths = complete_answer(entry, **row); !lengths) return lengths;
    if (auto loaded = check_server(entry); !loaded) return loaded;
  }
  return {};
}

}  // namespace btrack::bench
