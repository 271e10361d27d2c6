// SPDX-License-Identifier: Apache-2.0
// Driving a worker without sensors or records.
#include "btrack/bench/companion.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "btrack/bench/machine.hpp"
#include "btrack/bench/worker_session.hpp"

namespace btrack::bench {
namespace {

constexpr Seconds kPatience{1200.0};
constexpr Seconds kAskEvery{0.2};

template <class Last>
Result<void> until(WorkerSession& worker) {
  for (;;) {
    const auto event = worker.next();
    if (!event) return fail(event.error());
    if (std::holds_alternative<Last>(*event)) return {};
  }
}

Result<void> drive(WorkerSession& worker, const results::Settings& settings) {
  if (auto sent = worker.send(Prepare{settings}); !sent) return sent;
  if (auto ready = until<Ready>(worker); !ready) return ready;
  for (const auto& phase : settings.phases) {
    if (phase != results::phase::train) continue;
    Run command;
    command.phase = phase;
    command.epochs = settings.epochs;
    if (auto sent = worker.send(command); !sent) return sent;
    if (auto done = until<Done>(worker); !done) return done;
  }
  worker.stop();
  return {};
}

}  // namespace

bool trains(const results::Settings& settings) {
  return std::ranges::find(settings.phases, results::phase::train) != settings.phases.end();
}

Result<void> check_shared(const std::vector<results::Settings>& entries,
                          const std::vector<CatalogueRow>& rows, const cluster::Ranks& ranks) {
  if (!ranks.several()) return {};
  for (const auto& entry : entries) {
    const auto row = std::ranges::find(rows, entry.workload, &CatalogueRow::name);
    const bool pictures = row != rows.end() && row->task == "input_pipeline";
    if (!entry.file.empty() || pictures) {
      return fail(ErrorKind::usage,
                  fmt::format("{} is not trained, so one rank runs it, and there are {}",
                              entry.file.empty() ? entry.workload : entry.file, ranks.size),
                  "start btrack without a launcher for it");
    }
    if (entry.batch_auto) {
      return fail(ErrorKind::usage,
                  fmt::format("{}: --batch auto is for one rank, and there are {}", entry.workload,
                              ranks.size),
                  "name a batch");
    }
  }
  return {};
}

std::int64_t threads_of_rank(const RunnerContext& context) {
  return std::max<std::int64_t>(1, physical_cores(context.probe) / context.ranks.local_size);
}

Result<cluster::Lifeline> await_first_rank(const RunnerContext& context) {
  return cluster::Lifeline::connect(context.ranks, kPatience, context.stop_requested);
}

std::function<bool()> stop_with(const cluster::Lifeline& line, const RunnerContext& context) {
  return [&] { return (context.stop_requested && context.stop_requested()) || line.ended(); };
}

Result<void> explained(Result<void> outcome, const RunnerContext& context) {
  if (outcome || outcome.error().kind != ErrorKind::interrupted) return outcome;
  if (context.stop_requested && context.stop_requested()) return outcome;
  return fail(ErrorKind::crashed, "rank 0 ended before the training was done",
              "see what rank 0 said");
}

void await_end(const cluster::Lifeline& line, const RunnerContext& context) {
  while (!line.ended(kAskEvery) && !(context.stop_requested && context.stop_requested())) {
  }
}

Result<void> accompany(const results::Settings& asked, const RunnerContext& context) {
  results::Settings settings = asked;
  if (settings.threads == 0) settings.threads = threads_of_rank(context);
  const auto line = await_first_rank(context);
  if (!line) return fail(line.error());
  WorkerOptions options;
  options.program = context.worker;
  options.silence_limit = context.silence_limit;
  options.meeting = context.meeting;
  options.stop_requested = stop_with(*line, context);
  auto worker = WorkerSession::start(std::move(options));
  auto outcome = worker ? drive(*worker, settings) : fail(worker.error());
  await_end(*line, context);
  return explained(std::move(outcome), context);
}

void accompany_all(const std::vector<results::Settings>& entries, const RunnerContext& context,
                   const std::function<void(const results::Settings&, const Error&)>& on_failure) {
  for (std::size_t entry = 0; entry < entries.size(); ++entry) {
    if (!trains(entries[entry])) continue;
    const auto outcome = accompany(entries[entry], context_of(entry, entries[entry], context));
    if (outcome) continue;
    on_failure(entries[entry], outcome.error());
    if (outcome.error().kind == ErrorKind::interrupted) return;
  }
}

RunnerContext context_of(std::size_t entry, const results::Settings& settings,
                         const RunnerContext& context) {
  RunnerContext own = context;
  if (context.ranks.several() && trains(settings)) own.meeting = fmt::format("entry {}", entry);
  return own;
}

}  // namespace btrack::bench
