// SPDX-License-Identifier: Apache-2.0
// The worker's side of the protocol.
#include "btrack/models/session.hpp"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <new>
#include <nlohmann/json.hpp>

#include "btrack/core/text.hpp"
#include "btrack/models/device.hpp"
#include "btrack/models/load_scenario.hpp"
#include "btrack/models/own_model.hpp"
#include "btrack/models/picture_input.hpp"
#include "btrack/models/pulse.hpp"
#include "btrack/models/workload.hpp"

namespace btrack::models {
namespace serving {

constexpr Seconds kPatience{3600.0};  // between two commands
constexpr int kFailedExit = 3;

Error out_of_memory(std::string_view detail) {
  return {ErrorKind::out_of_memory, fmt::format("out of memory ({})", detail),
          "lower batch or infer_batch, or take a smaller model"};
}

/// Runs the action; what LibTorch throws becomes an error with its first line.
template <class T, class Action>
Result<T> guarded(const Action& action) {
  try {
    return action();
  } catch (const c10::OutOfMemoryError& error) {
    return fail(out_of_memory(split(error.what_without_backtrace(), '\n')[0]));
  } catch (const c10::Error& error) {
    const std::string_view line = split(error.what_without_backtrace(), '\n')[0];
    if (line.find("can't allocate memory") != std::string_view::npos) {
      return fail(out_of_memory(line));  // the CPU allocator's plain Error
    }
    return fail(ErrorKind::crashed, fmt::format("LibTorch refused: {}", line));
  } catch (const TeamLost& error) {
    return fail(ErrorKind::crashed, error.what(), "see what the other ranks said");
  } catch (const std::bad_alloc&) {
    return fail(out_of_memory("host"));
  } catch (const std::exception& error) {
    return fail(ErrorKind::crashed, fmt::format("the workload threw: {}", error.what()));
  }
}

class Session final : public Reporter {
 public:
  explicit Session(int fd) : socket_(fd), pulse_(socket_) {}

  int run() {
    while (!finished_) {
      auto line = socket_.receive(kPatience);
      if (!line || !*line) break;  // the runner is gone
      const auto command = bench::decode_command(**line);
      auto handled = command ? handle(*command) : fail(command.error());
      pulse_.end();
      if (handled) continue;
      pulse_.send(bench::Failed{handled.error()});
      return kFailedExit;
    }
    return 0;
  }

  void begin_phase(std::string_view phase, std::int64_t total) override {
    pulse_.begin(phase, total);
  }

  bool advance(std::int64_t done) override {
    pulse_.advance(done);
    if (pulse_.alone()) finished_ = true;
    if (pulse_.beat()) look_for_stop();
    return !finished_;
  }

  void window(const bench::WindowDone& done) override { pulse_.send(done); }
  void latencies(const bench::WindowDone& of, std::span<const std::int64_t> ns) override {
    for (std::size_t begin = 0; begin < ns.size(); begin += bench::kLatenciesPerLine) {
      const auto some = ns.subspan(begin, std::min(bench::kLatenciesPerLine, ns.size() - begin));
      pulse_.send(bench::Latencies{of.phase, of.index, {some.begin(), some.end()}});
    }
  }
  void quality(const results::Quality& quality) override {
    pulse_.send(bench::QualityReached{quality});
  }

 private:
  Result<void> handle(const bench::Command& command) {
    if (const auto* prepare = std::get_if<bench::Prepare>(&command)) {
      return guarded<void>([&] { return this->prepare(prepare->settings); });
    }
    if (const auto* wanted = std::get_if<bench::Run>(&command)) {
      return guarded<void>([&] { return act(*wanted); });
    }
    finished_ = true;
    return {};
  }

  Result<void> prepare(const results::Settings& settings) {
    begin_phase(results::phase::setup, 0);
    const auto begin = SystemClock().now();
    const auto hello = prepared(settings);
    if (!hello) return fail(hello.error());
    const auto end = SystemClock().now();
    pulse_.send(*hello);
    window({std::string(results::phase::setup), 0, {begin, end}, 0});
    pulse_.send(bench::Ready{});
    return {};
  }

  Result<bench::Hello> prepared(const results::Settings& settings) {
    const bool pictures = settings.workload == kPictureInput.name;
    if (settings.file.empty() && !pictures) {
      auto made = Workload::prepare(settings);
      if (!made) return fail(made.error());
      return workload_.emplace(std::move(*made)).hello();
    }
    auto made = settings.file.empty() ? PictureInput::prepare(settings) : prepare_file(settings);
    if (!made) return fail(made.error());
    inference_ = std::move(*made);
    return inference_->hello();
  }

  Result<void> act(const bench::Run& wanted) {
    if (!workload_ && !inference_) return fail(ErrorKind::malformed, "'run' came before 'prepare'");
    Result<bool> completed = false;
    if (inference_) {
      completed = inference_->run(wanted, *this);
    } else if (wanted.phase == results::phase::train) {
      completed = workload_->train(wanted.epochs, *this);
    } else if (wanted.phase == results::phase::infer) {
      completed = workload_->infer(Seconds(wanted.seconds), wanted.index, *this);
    } else if (samples_per_query(wanted.phase) > 0) {
      completed = workload_->serve(wanted, *this);
    } else if (wanted.phase == results::phase::prefill || wanted.phase == results::phase::decode) {
      completed = workload_->generate(wanted, *this);
    } else {
      return fail(ErrorKind::usage, fmt::format("there is no phase '{}'", wanted.phase),
                  fmt::format("phases are {}", fmt::join(results::phase::asked, ", ")));
    }
    if (!completed) return fail(completed.error());
    if (*completed) pulse_.send(bench::Done{});
    return {};
  }

  /// Only `stop` may come while a run is under way; a closed socket says the same.
  void look_for_stop() {
    const auto line = socket_.receive(Seconds(0.0));
    if (line && !*line) return;
    finished_ = true;
  }

  bench::LineSocket socket_;
  Pulse pulse_;
  std::optional<Workload> workload_;
  InferenceWorkloadPtr inference_;  ///< one of the two
  bool finished_ = false;
};

}  // namespace serving

int serve(int fd) { return serving::Session(fd).run(); }

Result<void> export_pass(const std::string& settings, const std::filesystem::path& folder) {
  const auto given = nlohmann::json::parse(settings, nullptr, /*allow_exceptions=*/false);
  if (!given.is_object()) {
    return fail(ErrorKind::usage, fmt::format("'{}' is no JSON object of settings", settings),
                R"(write it like {"workload": "llama_mini", "scale": "tiny"})");
  }
  auto whole = nlohmann::json::parse(results::settings_to_json({}));
  whole.update(given);
  const auto wanted = results::settings_from_json(whole.dump());
  if (!wanted) return fail(wanted.error());
  return serving::guarded<void>([&]() -> Result<void> {
    auto workload = Workload::prepare(*wanted);
    if (!workload) return fail(workload.error());
    return workload->save_pass(folder);
  });
}

}  // namespace btrack::models
