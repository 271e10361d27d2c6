// SPDX-License-Identifier: Apache-2.0
// `btrack measure --loop`: short commands repeated until the sensors can tell what one run costs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "btrack/bench/runner.hpp"
#include "btrack/bench/watched_child.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/baseline.hpp"
#include "btrack/power/dither.hpp"
#include "btrack/power/relations.hpp"

namespace btrack::bench {
namespace {

using power::EnergySource;
using results::RunRecord;
using std::chrono::steady_clock;

constexpr Seconds kLearning{40.0};  // of changing work: power::learned_period()
constexpr Seconds kLongest{600.0};
constexpr int kWarmUpRuns = 3;
constexpr std::size_t kFewestGroups = 5;  // measurement.md 5 (d): at least 5 repeats
constexpr std::size_t kMostGroups = 17;
constexpr double kGroupPeriods = 20.0;  // measurement.md 5 (a) 8: 20 periods are read directly

/// The channel that the loop is planned for, and how it is read.
struct Sensor {
  std::uint32_t channel = 0;
  Seconds period{};
  bool dithered = false;  ///< looks at a part of the time only, or is a gauge
};

/// The slowest of those that need dithering; without any, the slowest of all.
Sensor sensor_of(const std::vector<power::Channel>& channels) {
  Sensor sensor;
  for (const auto i : power::total_channels(channels)) {
    const auto& c = channels[i];
    const bool part_time = c.window > Seconds(0) && c.window < 0.98 * c.update_period;
    const bool dithered = part_time || c.kind == power::ChannelKind::power_gauge;
    if (std::pair(dithered, c.update_period) > std::pair(sensor.dithered, sensor.period)) {
      sensor = {i, c.update_period, dithered};
    }
  }
  return sensor;
}

/// Groups one after the other, where nothing has to be dithered.
power::LoopPlan plain_plan(std::int64_t asked, Seconds run, Seconds period) {
  const double shortest = std::ceil(kGroupPeriods * period / std::max(run, Seconds(1e-6)));
  const auto least = std::max<std::size_t>(1, static_cast<std::size_t>(shortest));
  const auto runs = static_cast<std::size_t>(asked);
  power::LoopPlan plan;
  plan.period = period;
  plan.padding = 0;
  plan.phases.resize(std::clamp(runs / least, kFewestGroups, kMostGroups));
  const std::size_t groups = plan.phases.size();
  plan.per_group = std::max(least, (runs + groups - 1) / groups);
  return plan;
}

class Loop {
 public:
  Loop(RunRecord& record, const RunnerContext& context, const LoopAsked& asked)
      : record_(record), context_(context), asked_(asked) {}

  Result<void> all() {
    if (auto known = warm_up(); !known) return known;
    RunnerContext reading = context_;
    if (sensor_.dithered) {
      reading.sample_period = std::min(plan_.read_every, context_.sample_period);
    }
    auto measurement = Measurement::start(reading);
    if (!measurement) return fail(measurement.error());
    measurement_ = &*measurement;
    const auto pause = [&](Seconds length) { return rest(signals_, length); };
    if (!measurement_->idle(record_, results::phase::idle, pause)) {
      return fail(ErrorKind::interrupted, "stopped before the loop was started");
    }
    auto done = passes();
    if (done) measurement_->idle(record_, results::phase::idle, pause);
    measurement_->finish(record_);
    if (!done) return done;
    conclude(power::EnergyMeter(record_.trace));
    return {};
  }

 private:
  /// One run; an Error where it failed, its code in the record.
  Result<void> run() {
    ChildOptions options;
    options.argv = record_.settings.command;
    options.signal_mask = signals_.before();
    auto child = ChildProcess::start(options);
    if (!child) return fail(child.error());
    const auto status = watch(*child, signals_, *measurement_);
    ++started_;
    record_.exit_code = status.code;
    if (status.code == 0) return {};
    return fail(
        ErrorKind::crashed,
        fmt::format("the command ended with code {} in run {} of the loop", status.code, started_),
        "a loop needs a command that succeeds every time");
  }

  Result<void> runs(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (auto done = run(); !done) return done;
    }
    return {};
  }

  /// How long one run takes and what period the sensor has; both from work like that to be
  /// measured.
  Result<void> warm_up() {
    RunnerContext reading = context_;
    reading.baseline.reset();
    auto look = Measurement::start(reading);
    if (!look) return fail(look.error());
    sensor_ = sensor_of(look->trace().channels);
    if (sensor_.dithered) {
      reading.sample_period = power::warm_up_reads(sensor_.period);
      auto closer = Measurement::start(reading);
      if (!closer) return fail(closer.error());
      return learn(*closer, kLearning);
    }
    return learn(*look, Seconds(0));
  }

  Result<void> learn(Measurement& measurement, Seconds least) {
    measurement_ = &measurement;
    const auto begin = steady_clock::now();
    while (started_ < kWarmUpRuns || Seconds(steady_clock::now() - begin) < least) {
      if (auto done = run(); !done) return done;
    }
    const Seconds one = Seconds(steady_clock::now() - begin) / static_cast<double>(started_);
    measurement.drain();
    if (!sensor_.dithered) {
      plan_ = plain_plan(asked_.runs, one, sensor_.period);
      return {};
    }
    const auto shown = power::learned_period(measurement.trace(), sensor_.channel);
    learned_ = shown.has_value();
    const auto seed = static_cast<std::uint64_t>(record_.settings.seed);
    plan_ = power::plan_loop(static_cast<std::size_t>(std::max<std::int64_t>(1, asked_.runs)), one,
                             shown.value_or(sensor_.period), seed);
    return {};
  }

  /// All groups once; again with twice as many runs in each where the interval is to be narrower.
  Result<void> passes() {
    const auto origin = steady_clock::now();
    for (;;) {
      const auto begin = steady_clock::now();
      for (std::size_t i = 0; i < plan_.phases.size(); ++i) {
        if (auto done = group(i, origin); !done) return done;
      }
      stop_ = "asked";
      if (asked_.runs > 0) return {};
      measurement_->drain();
      const auto figure =
          power::energy_per_repetition(power::EnergyMeter(measurement_->trace()), groups_, plan_);
      stop_ = "refused";  // groups are long enough: what is missing now stays so
      if (figure.source == EnergySource::missing || figure.value <= Joules(0)) return {};
      stop_ = "target";
      if (figure.spread / figure.value <= asked_.target) return {};
      stop_ = "time";
      const Seconds pass = steady_clock::now() - begin;
      if (Seconds(steady_clock::now() - origin) + 2.0 * pass > kLongest) return {};
      plan_.per_group *= 2;
      groups_.clear();
      std::erase_if(record_.windows, [](const results::PhaseWindow& window) {
        return window.phase == results::phase::command;
      });
    }
  }

  Result<void> group(std::size_t index, SteadyTime origin) {
    if (sensor_.dithered) {
      std::this_thread::sleep_until(power::group_start(plan_, index, origin, steady_clock::now()));
    }
    if (auto done = runs(plan_.padding); !done) return done;
    measurement_->edge();
    const auto begin = steady_clock::now();
    if (auto done = runs(plan_.per_group); !done) return done;
    const auto end = steady_clock::now();
    measurement_->edge();
    results::PhaseWindow window;
    window.phase = results::phase::command;
    window.index = static_cast<std::int64_t>(groups_.size());
    window.window = {begin, end};
    window.items = static_cast<std::int64_t>(plan_.per_group);
    groups_.push_back(window.window);
    record_.windows.push_back(std::move(window));
    return runs(plan_.padding);
  }

  void conclude(const power::EnergyMeter& meter) {
    results::LoopFigure loop;
    loop.groups = static_cast<std::int64_t>(groups_.size());
    loop.runs = loop.groups * static_cast<std::int64_t>(plan_.per_group);
    const double runs = static_cast<double>(loop.runs);
    loop.run = results::phase_time(record_, results::phase::command) / runs;
    loop.period = plan_.period;
    loop.dithered = sensor_.dithered;
    loop.learned = learned_;
    loop.stop = stop_;
    loop.energy_per_run = power::energy_per_repetition(meter, groups_, plan_);
    auto& energy = loop.energy_per_run;
    if (!sensor_.dithered) std::erase(energy.flags, "dithered");
    if (energy.source == EnergySource::missing) {
      energy.high = results::phase_energy(record_, results::phase::command).high / runs;
      if (energy.high > Joules(0)) {
        energy.note +=
            fmt::format("; not resolvable, < {} J per run", significant(energy.high.value()));
      }
    }
    record_.loop = std::move(loop);
  }

  RunRecord& record_;
  const RunnerContext& context_;
  LoopAsked asked_;
  CaughtSignals signals_;
  Measurement* measurement_ = nullptr;
  Sensor sensor_;
  power::LoopPlan plan_;
  std::vector<Window> groups_;
  std::int64_t started_ = 0;
  bool learned_ = false;
  std::string stop_;
};

}  // namespace

Result<RunRecord> measure_loop(const results::Settings& settings, const RunnerContext& context,
                               const LoopAsked& asked) {
  auto record = new_record(settings, context);
  record.item_unit = "runs";
  const auto outcome = Loop(record, context, asked).all();
  if (outcome) {
    record.status = results::Status::complete;
    return record;
  }
  if (!record.exit_code.has_value() || record.exit_code == 0) return fail(outcome.error());
  record.failure = outcome.error();
  return record;
}

}  // namespace btrack::bench
