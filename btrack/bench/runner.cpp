// SPDX-License-Identifier: Apache-2.0
// One workload in its own process: prepare, train, repeat the other phases until the interval is
// narrow enough.
#include "btrack/bench/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "btrack/bench/companion.hpp"
#include "btrack/bench/measurement.hpp"
#include "btrack/bench/rate_search.hpp"
#include "btrack/bench/worker_session.hpp"
#include "btrack/stats/stopping.hpp"

namespace btrack::bench {
namespace {

using results::RunRecord;
using results::Status;

constexpr Seconds kAskEvery{0.2};  // whether to stop

class WorkloadRun {
 public:
  WorkloadRun(RunRecord& record, Measurement& measurement, const RunnerContext& context)
      : record_(record), measurement_(measurement), context_(context) {}

  Result<void> all() {
    WorkerOptions options;
    options.program = context_.worker;
    options.silence_limit = context_.silence_limit;
    options.meeting = context_.meeting;
    options.stop_requested = context_.stop_requested;
    options.on_tick = [this] { measurement_.drain(); };
    if (!context_.ranks.first()) {
      auto line = await_first_rank(context_);
      if (!line) return fail(line.error());
      options.stop_requested = stop_with(line_.emplace(std::move(*line)), context_);
    }
    auto worker = WorkerSession::start(std::move(options));
    if (!worker) return fail(worker.error());
    worker_ = &*worker;
    if (auto ready = prepare(); !ready) return ready;
    if (auto rested = rest(results::phase::active_idle); !rested) return rested;
    for (const auto& phase : record_.settings.phases) {
      const bool training = phase == results::phase::train;
      if (!training && !context_.ranks.first()) continue;  // the others only train
      const bool searched = phase == results::phase::server && !record_.settings.rate;
      auto done = training ? train() : searched ? search_rate() : Result<void>{};
      if (done && !training) done = repeat(phase);
      if (!done) return done;
    }
    if (auto rested = rest(results::phase::active_idle); !rested) return rested;
    worker_->stop();
    return {};
  }

  /// Idle, where a baseline was asked for.
  Result<void> rest(std::string_view phase) {
    const auto pause = [this](Seconds length) {
      std::this_thread::sleep_for(std::min(length, kAskEvery));
      return !context_.stop_requested || !context_.stop_requested();
    };
    if (measurement_.idle(record_, phase, pause)) return {};
    return fail(ErrorKind::interrupted, "stopped on request");
  }

  /// Until rank 0 is done, too.
  void await_end() const {
    if (line_) bench::await_end(*line_, context_);
  }

 private:
  Result<void> prepare() {
    if (auto sent = worker_->send(Prepare{record_.settings}); !sent) return sent;
    return until<Ready>();
  }

  Result<void> train() {
    Run command;
    command.phase = results::phase::train;
    command.epochs = record_.settings.epochs;
    if (auto sent = worker_->send(command); !sent) return sent;
    return until<Done>();
  }

  /// The window of that run, which is the last of its phase.
  Result<results::PhaseWindow*> window_of(const Run& command) {
    if (auto sent = worker_->send(command); !sent) return fail(sent.error());
    const auto before = record_.windows.size();
    if (auto done = until<Done>(); !done) return fail(done.error());
    for (std::size_t i = before; i < record_.windows.size(); ++i) {
      auto& window = record_.windows[i];
      if (window.phase == command.phase && window.items > 0) return &window;
    }
    return fail(ErrorKind::malformed,
                fmt::format("the worker broke its protocol: a run of {} without its window",
                            command.phase));
  }

  /// Settles the rate of the server's repetitions; what was tried stays as probes.
  Result<void> search_rate() {
    auto& settings = record_.settings;
    std::int64_t index = 0;
    const auto offer = [&](const Probe& probe) -> Result<results::PhaseWindow> {
      Run command;
      command.phase = results::phase::server;
      command.seconds = probe.length.count();
      command.index = index++;
      command.rate = probe.rate;
      const auto window = window_of(command);
      if (!window) return fail(window.error());
      (*window)->phase = results::phase::server_probe;
      (*window)->rate = probe.rate;
      return **window;
    };
    const auto best = highest_rate(Seconds(settings.latency_limit.value_or(0.0)),
                                   Seconds(settings.infer_seconds), offer);
    if (!best) return fail(best.error());
    rate_ = *best;
    return {};
  }

  /// Seconds per item settle by themselves, but not where the arrivals set them.
  [[nodiscard]] stats::StoppingLimits limits_of(std::string_view phase) const {
    const auto& settings = record_.settings;
    stats::StoppingLimits limits;
    limits.min_repetitions = static_cast<std::size_t>(settings.repetitions);
    limits.max_repetitions = static_cast<std::size_t>(settings.max_repetitions);
    limits.relative_target = settings.precision_target;
    if (phase == results::phase::server) limits.max_repetitions = limits.min_repetitions;
    return limits;
  }

  Result<void> repeat(const std::string& phase) {
    const auto& settings = record_.settings;
    const bool server = phase == results::phase::server;
    stats::StoppingRule rule(limits_of(phase));
    for (std::int64_t index = 0; !rule.finished(); ++index) {
      Run command;
      command.phase = phase;
      command.seconds = settings.infer_seconds;
      command.index = index;
      if (server) command.rate = settings.rate.value_or(rate_);
      const auto window = window_of(command);
      if (!window) return fail(window.error());
      if (server) (*window)->rate = command.rate;
      rule.add((*window)->window.length().count() / static_cast<double>((*window)->items));
    }
    const std::string key =
        phase == results::phase::infer ? "repetitions.stop" : "repetitions.stop." + phase;
    record_.provenance[key] = stats::stop_reason_name(rule.reason());
    return {};
  }

  /// Takes events in until one of type `Last`.
  template <class Last>
  Result<void> until() {
    for (;;) {
      auto event = worker_->next();
      if (!event) return fail(event.error());
      if (auto taken = take(*event); !taken) return taken;
      if (std::holds_alternative<Last>(*event)) return {};
    }
  }

  Result<void> take(const Event& event) {
    if (const auto* hello = std::get_if<Hello>(&event)) return greet(*hello);
    if (const auto* progress = std::get_if<Progress>(&event)) {
      if (context_.on_progress) context_.on_progress(*progress);
    } else if (const auto* done = std::get_if<WindowDone>(&event)) {
      measurement_.edge();
      if (done->window.end < done->window.begin || done->items < 0) {
        return fail(ErrorKind::malformed,
                    "the worker broke its protocol: a window that ends before it begins");
      }
      record_.windows.push_back(
          {done->phase, done->index, done->window, done->items, {}, {}, {}, {}});
    } else if (const auto* some = std::get_if<Latencies>(&event)) {
      return keep(*some);
    } else if (const auto* reached = std::get_if<QualityReached>(&event)) {
      record_.qualities.push_back(reached->quality);
    }
    return {};
  }

  /// In the window that they are of, the last one of its phase.
  Result<void> keep(const Latencies& some) {
    const auto window = std::find_if(
        record_.windows.rbegin(), record_.windows.rend(),
        [&](const auto& each) { return each.phase == some.phase && each.index == some.index; });
    if (window == record_.windows.rend()) {
      return fail(ErrorKind::malformed,
                  fmt::format("the worker broke its protocol: latencies of {} without their window",
                              some.phase));
    }
    if (!window->latencies) window->latencies.emplace();
    for (const std::int64_t ns : some.ns) window->latencies->add(ns);
    return {};
  }

  Result<void> greet(const Hello& hello) {
    if (hello.version != kProtocolVersion) {
      return fail(ErrorKind::unsupported,
                  fmt::format("the worker speaks protocol {}, this btrack speaks {}", hello.version,
                              kProtocolVersion),
                  "use the btrack-worker of the same release");
    }
    record_.family = hello.family;
    record_.item_unit = hello.item_unit;
    record_.parameters = hello.parameters;
    record_.macs_per_item = hello.macs_per_item;
    if (hello.batch > 0) record_.settings.batch = hello.batch;
    if (hello.infer_batch > 0) record_.settings.infer_batch = hello.infer_batch;
    if (hello.prompt > 0) record_.settings.prompt = hello.prompt;
    if (hello.generate > 0) record_.settings.generate = hello.generate;
    record_.checks = hello.checks;
    record_.provenance.insert(hello.provenance.begin(), hello.provenance.end());
    for (const auto& check : hello.checks) {
      if (check.passed()) continue;
      return fail(ErrorKind::malformed,
                  fmt::format("the model is not what its name says: {} are {}, expected {}",
                              check.name, check.actual, check.expected),
                  "no time is reported for a model that fails its check; please report this build");
    }
    return {};
  }

  RunRecord& record_;
  Measurement& measurement_;
  const RunnerContext& context_;
  WorkerSession* worker_ = nullptr;
  double rate_ = 0.0;                      ///< of the server, found by search; queries per second
  std::optional<cluster::Lifeline> line_;  ///< to rank 0, where that is another
};

void add_ranks(RunRecord& record, const RunnerContext& context) {
  if (context.meeting.empty()) return;
  const auto& ranks = context.ranks;
  const int first = ranks.rank - ranks.local_rank;
  record.settings.devices = ranks.size;
  record.provenance["cluster.launcher"] = ranks.launcher;
  record.provenance["cluster.rank"] = std::to_string(ranks.rank);
  record.provenance["cluster.size"] = std::to_string(ranks.size);
  record.provenance["cluster.node"] =
      fmt::format("ranks {} to {}", first, first + ranks.local_size - 1);
}

}  // namespace

RunRecord run_workload(const results::Settings& asked, const RunnerContext& context) {
  results::Settings settings = asked;
  if (settings.threads == 0) settings.threads = threads_of_rank(context);
  RunRecord record = new_record(settings, context);
  add_ranks(record, context);
  auto measurement = Measurement::start(context);
  if (!measurement) {
    record.failure = measurement.error();
    return record;
  }
  WorkloadRun run(record, *measurement, context);
  auto outcome = run.rest(results::phase::idle).and_then([&] { return run.all(); }).and_then([&] {
    return run.rest(results::phase::idle);
  });
  measurement->finish(record);
  run.await_end();
  if (!context.ranks.first()) outcome = explained(std::move(outcome), context);
  if (outcome) {
    record.status = Status::complete;
  } else {
    record.failure = outcome.error();
    record.status =
        outcome.error().kind == ErrorKind::interrupted ? Status::interrupted : Status::failed;
  }
  return record;
}

}  // namespace btrack::bench
