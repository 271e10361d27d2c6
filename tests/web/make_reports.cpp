// SPDX-License-Identifier: Apache-2.0
// Writes the reports that the browser test opens: made-up records, the real to_html.
#include <cstdio>
#include <filesystem>
#include <string>

#include "btrack/core/file.hpp"
#include "btrack/report/report.hpp"
#include "tests/support/sample_records.hpp"

namespace {

using namespace btrack;

/// Also text that would end the data's script element, were it not escaped.
std::vector<results::RunRecord> records_of(testing::SampleEnergy energy) {
  auto records = testing::sample_ladder_records(energy);
  records.back().provenance["note"] = "</script><script>window.hacked = true</script><!--";
  results::RunRecord failed =
      testing::sample_record({"resnet20", 269434, 30800000, {}, 1.0, 1.0, 50.0}, energy, 20);
  failed.status = results::Status::failed;
  failed.failure =
      Error{ErrorKind::out_of_memory, "the worker was killed for memory", "Lower the batch."};
  records.push_back(std::move(failed));
  return records;
}

Result<void> write(const std::filesystem::path& folder, const std::string& name,
                   testing::SampleEnergy energy, report::Language language) {
  auto report = report::build_report(records_of(energy), 0.88, analysis::Objective::energy,
                                     language, "2026-11-23T02:03:04Z");
  if (!report) return fail(std::move(report.error()));
  auto json = write_file(folder / (name + ".json"), report::to_json(*report));
  if (!json) return json;
  return write_file(folder / (name + ".html"), report::to_html(*report));
}

/// Tiny variants, one of another unit, of a campaign that AI Benchmark cannot score.
Result<void> write_tiny(const std::filesystem::path& folder) {
  auto records = testing::sample_ladder_records(testing::SampleEnergy::measured);
  for (auto& record : records) record.settings.scale = "tiny";
  records.front().item_unit = "tokens";
  records.back().settings.workload = "unet";
  records.back().settings.profile = "alpha";
  const auto report = report::build_report(std::move(records), 0.88, analysis::Objective::energy,
                                           report::Language::ja, "2026-11-23T02:03:04Z");
  if (!report) return fail(report.error());
  return write_file(folder / "tiny.html", report::to_html(*report));
}

/// One model that served queries at several rates.
Result<void> write_server(const std::filesystem::path& folder) {
  auto records = testing::sample_ladder_records(testing::SampleEnergy::measured);
  testing::become_server(records.front());
  const auto report = report::build_report(std::move(records), 0.88, analysis::Objective::energy,
                                           report::Language::en, "2026-11-23T02:03:04Z");
  if (!report) return fail(report.error());
  return write_file(folder / "server.html", report::to_html(*report));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_reports FOLDER\n", stderr);
    return 2;
  }
  using Energy = testing::SampleEnergy;
  using report::Language;
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  for (const auto& result : {write(folder, "estimated", Energy::estimated, Language::en),
                             write(folder, "measured", Energy::measured, Language::ja),
                             write(folder, "none", Energy::none, Language::en), write_tiny(folder),
                             write_server(folder)}) {
    if (result) continue;
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    return 1;
  }
  return 0;
}
