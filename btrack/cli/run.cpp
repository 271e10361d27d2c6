// SPDX-License-Identifier: Apache-2.0
// `btrack run`: a suite or single workloads, measured, compared, reported; resumable.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

#include "btrack/bench/campaign.hpp"
#include "btrack/bench/catalogue.hpp"
#include "btrack/bench/companion.hpp"
#include "btrack/bench/suite.hpp"
#include "btrack/cli/choice.hpp"
#include "btrack/cli/command.hpp"
#include "btrack/cli/conditions.hpp"
#include "btrack/cli/number_range.hpp"
#include "btrack/cli/overrides.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::cli {
namespace {

struct RunOptions {
  std::vector<std::string> what;
  bool resume = false;
  std::string worker;
  double silence_limit_s = 120.0;
  std::string report_file;
  bool no_report = false;
  ConditionChoice conditions;
  Question question;
  Overrides overrides;
};

/// The suite of that name, or one made of the named workloads.
Result<bench::Suite> suite_of(const RunOptions& options,
                              const std::vector<bench::CatalogueRow>& rows) {
  bench::Suite suite;
  for (const auto& name : options.what) {
    const auto workload =
        std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.name == name; });
    if (workload != rows.end()) {
      results::Settings settings;
      settings.workload = name;
      settings.phases = {"train", "infer"};
      if (workload->inference_only) settings.phases = {"infer"};
      suite.entries.push_back(settings);
      continue;
    }
    if (bench::is_model_file(name)) {
      suite.entries.push_back(bench::file_settings(name));
      continue;
    }
    const auto file = bench::suite_file(name);
    std::error_code ignored;
    const bool folder = !file && std::filesystem::is_directory(name, ignored);
    if (!file && !folder) {
      std::vector<std::string> known;
      known.reserve(rows.size());
      for (const auto& row : rows) known.push_back(row.name);
      for (const auto& other : bench::all_suites()) known.push_back(other.name);
      return fail(
          ErrorKind::usage,
          fmt::format("there is no suite or workload '{}'{}", name, did_you_mean(name, known)),
          "`btrack list` shows both; a model file ends in .pt or .pt2, a suite file in .toml");
    }
    auto found = folder ? bench::folder_suite(name) : bench::load_suite(*file);
    if (!found) return found;
    if (options.what.size() == 1) {
      suite = *found;
    } else {
      suite.entries.insert(suite.entries.end(), found->entries.begin(), found->entries.end());
      suite.min_accuracy = std::max(suite.min_accuracy, found->min_accuracy);
    }
  }
  if (suite.name.empty()) suite.name = join(options.what, "+");
  if (auto changed = override_entries(suite.entries, options.overrides); !changed) {
    return fail(changed.error());
  }
  return suite;
}

/// The same in every rank: what will be run, with nothing left open.
Result<bench::Suite> planned_suite(const RunOptions& options, const bench::RunnerContext& context,
                                   std::vector<bench::CatalogueRow>& rows) {
  auto suite = suite_of(options, rows);
  if (!suite) return suite;
  if (auto shared = bench::check_shared(suite->entries, rows, context.ranks); !shared) {
    return fail(shared.error());
  }
  if (auto added = bench::add_files(context.worker, suite->entries, rows); !added) {
    return fail(added.error());
  }
  if (auto known = bench::complete_settings(suite->entries, rows); !known) {
    return fail(known.error());
  }
  return suite;
}

Result<results::Campaign> campaign_of(const RunOptions& options, results::ResultStore& store,
                                      const bench::RunnerContext& context,
                                      std::vector<bench::CatalogueRow>& rows) {
  if (options.resume) return store.campaign(options.what.empty() ? "" : options.what.front());
  const auto suite = planned_suite(options, context, rows);
  if (!suite) return fail(suite.error());
  auto campaign = bench::new_campaign(*suite, SystemClock());
  campaign.conditions = options.conditions.asked();
  if (auto added = store.add(campaign); !added) return fail(added.error());
  return campaign;
}

std::string energy_text(const power::EnergyFigure& figure) {
  if (figure.source == power::EnergySource::missing) return "energy unknown";
  return fmt::format("{} J [{}, {}] {}", significant(figure.value.value()),
                     significant(figure.low.value()), significant(figure.high.value()),
                     static_cast<char>(figure.grade));
}

/// One plain line per finished entry.
std::string record_line(const results::RunRecord& record, const bench::CampaignProgress& progress) {
  auto line =
      fmt::format("[{}/{}] {:<12}", progress.entry + 1, progress.entries, record.settings.workload);
  if (record.failure) {
    return line +
           fmt::format(" {}: {}", results::status_name(record.status), record.failure->message);
  }
  if (const auto accuracy = results::last_quality(record, "accuracy")) {
    line += fmt::format(" accuracy {:.2f} %", *accuracy * 100.0);
  }
  for (const auto phase : results::phase::asked) {
    if (results::phase_items(record, phase) == 0) continue;
    const auto time = results::phase_time(record, phase);
    const auto shown =
        time < Seconds(10.0) ? significant(time.count(), 2) + " s" : duration_text(time);
    line +=
        fmt::format("; {} {}, {}", phase, shown, energy_text(results::phase_energy(record, phase)));
  }
  return line;
}

Result<std::filesystem::path> write_report(const RunOptions& options,
                                           const results::ResultStore& store,
                                           const results::Campaign& campaign,
                                           const report::Report& report) {
  std::error_code error;
  std::filesystem::path file = options.report_file;
  if (file.empty()) {
    const auto folder = store.path().parent_path() / "reports";
    std::filesystem::create_directories(folder, error);
    file = folder / (campaign.id + ".html");
  }
  if (auto written = write_file(file, report::to_html(report)); !written) {
    return fail(written.error());
  }
  return std::filesystem::absolute(file, error);
}

/// Refuses a report that could not be written, before anything is measured for it.
Result<void> check_report_target(const RunOptions& options) {
  if (options.report_file.empty() || options.no_report) return {};
  const auto folder = std::filesystem::absolute(options.report_file).parent_path();
  if (::access(folder.c_str(), W_OK) == 0) return {};
  return fail(system_error(errno, "write", options.report_file));
}

/// The comparison on stdout and the page on disk.
int conclude(const RunOptions& options, const Globals& globals, const results::ResultStore& store,
             const results::Campaign& campaign) {
  Question question = options.question;
  question.choice.campaign = campaign.id;
  const auto report = answer(store, question, true);
  if (!report) return report_error(report.error(), globals);
  if (globals.json) {
    print(report::to_json(*report));
  } else {
    print(report::to_console(*report, {wants_colour(globals.color, stdout), terminal_width()}));
  }
  if (options.no_report) return exit_code::ok;
  const auto file = write_report(options, store, campaign, *report);
  if (!file) return report_error(file.error(), globals);
  fmt::print(globals.json ? stderr : stdout, "\nReport: {}\n", file->string());
  return exit_code::ok;
}

/// A rank that leaves measuring and reporting to the first of its node. It always ends well once it
/// has begun: launchers end all ranks when one fails, and the first still has a report to write.
int accompany(const RunOptions& options, const Globals& globals,
              const bench::RunnerContext& context, std::vector<bench::CatalogueRow>& rows) {
  const auto suite = planned_suite(options, context, rows);
  if (!suite) return report_error(suite.error(), globals);
  const StopOnSignal signals;
  bench::accompany_all(suite->entries, context, [&](const auto& settings, const Error& error) {
    fmt::print(stderr, "rank {}: {}: {}\n", context.ranks.rank, settings.workload, error.message);
  });
  return exit_code::ok;
}

int run(const RunOptions& options, const Globals& globals) {
  if (options.what.empty() && !options.resume) {
    return report_error(
        {ErrorKind::usage, "nothing to run was named", "`btrack list` shows suites and workloads"},
        globals);
  }
  const auto ranks = cluster::ranks_from(cluster::process_environment());
  if (!ranks) return report_error(ranks.error(), globals);
  if (ranks->several() && options.resume) {
    return report_error(
        {ErrorKind::usage, fmt::format("--resume is for one rank, and there are {}", ranks->size),
         "name what to run again"},
        globals);
  }
  if (auto writable = check_report_target(options); !writable) {
    return report_error(writable.error(), globals);
  }
  bench::RunnerContext context;
  context.probe = globals.probe();
  context.silence_limit = Seconds(options.silence_limit_s);
  context.stop_requested = StopOnSignal::requested;
  const auto worker = bench::find_worker(options.worker);
  if (!worker) return report_error(worker.error(), globals);
  context.worker = *worker;
  context.ranks = *ranks;
  auto rows = bench::catalogue(*worker);
  if (!rows) return report_error(rows.error(), globals);
  if (!ranks->first_of_node()) return accompany(options, globals, context, *rows);
  auto store = globals.open_store();
  if (!store) return report_error(store.error(), globals);
  const auto campaign = campaign_of(options, *store, context, *rows);
  if (!campaign) return report_error(campaign.error(), globals);
  const auto conditions = options.conditions.of(*campaign);
  if (!conditions) return report_error(conditions.error(), globals);
  apply(*conditions, context);

  fmt::print(stderr, "{}: {} runs, campaign {}\n", campaign->suite, campaign->entries.size(),
             campaign->id);
  const StopOnSignal signals;
  ProgressBar bar;
  bench::CampaignObserver observer;
  observer.on_progress = [&](const auto& progress) { bar.show(progress); };
  observer.on_record = [&](const auto& record, const auto& progress) {
    bar.clear();
    fmt::print(stderr, "{}\n{}", record_line(record, progress), neighbours_text(record));
  };
  const auto outcome = bench::run_campaign(*campaign, *store, context, *rows, observer);
  bar.clear();
  const auto again = fmt::format("btrack run --resume {}", campaign->id);
  if (!outcome) {
    return report_error(
        {ErrorKind::incomplete,
         fmt::format("{}; the runs before this one are kept", outcome.error().message),
         fmt::format("{}{}then go on with `{}`", outcome.error().remedy,
                     outcome.error().remedy.empty() ? "" : ", ", again)},
        globals);
  }
  if (outcome->interrupted) {
    return report_error({ErrorKind::interrupted,
                         fmt::format("stopped; {} of {} finished runs are kept", outcome->complete,
                                     outcome->entries),
                         fmt::format("go on with `{}`", again)},
                        globals);
  }
  const int concluded = outcome->complete > 0 && ranks->first()
                            ? conclude(options, globals, *store, *campaign)
                            : exit_code::ok;
  if (!outcome->failed.empty()) {
    return report_error(
        {ErrorKind::incomplete,
         fmt::format("{} of {} runs did not finish (first: {}: {})", outcome->failed.size(),
                     outcome->entries, outcome->failed.front().settings.workload,
                     outcome->failed.front().failure->message),
         fmt::format("{}{}try them again with `{}`", outcome->failed.front().failure->remedy,
                     outcome->failed.front().failure->remedy.empty() ? "" : "; ", again)},
        globals);
  }
  return concluded;
}

}  // namespace

Action add_run(CLI::App& sub, Globals& globals) {
  auto options = std::make_shared<RunOptions>();
  sub.add_option("what", options->what,
                 "Suites, workloads, suite files, model files or folders of them (with --resume: a "
                 "campaign id)");
  sub.add_flag("--resume", options->resume,
               "Finish the newest campaign, or the one named; what is done is kept");
  add_overrides(sub, options->overrides);
  sub.add_option("--min-accuracy", options->question.min_accuracy,
                 "Accuracy a candidate must reach, 0 to 1")
      ->check(number_range(0.0, 1.0))
      ->type_name("SHARE");
  sub.add_option("--objective", options->question.objective,
                 "What to minimise among them: energy or time")
      ->check(CLI::IsMember({"energy", "time"}))
      ->type_name("WHAT");
  sub.add_option("--lang", options->question.language, "Language of table and report")
      ->check(CLI::IsMember({"en", "ja"}))
      ->type_name("LANG");
  sub.add_option("--report", options->report_file, "Write the HTML report here")->type_name("FILE");
  sub.add_flag("--no-report", options->no_report, "Write no HTML report");
  sub.add_option("--worker", options->worker,
                 "Worker program (default: btrack-worker beside btrack)")
      ->type_name("FILE");
  add_condition_options(sub, options->conditions);
  sub.add_option("--silence-limit", options->silence_limit_s,
                 "Seconds without a sign of life before a worker counts as hung")
      ->check(number_range(1.0, 86400.0))
      ->type_name("S");
  return [options, &globals] { return run(*options, globals); };
}

}  // namespace btrack::cli
