// SPDX-License-Identifier: Apache-2.0
// One stream of queries, or arrivals and a queue.
#include "btrack/models/load_scenario.hpp"

#include <algorithm>
#include <thread>

#include "btrack/models/device.hpp"
#include "btrack/stats/arrivals.hpp"

namespace btrack::models {
namespace scenarios {

constexpr Seconds kLookEvery{0.1};  // for a request to stop
constexpr double kGiveUp = 10.0;    // times the asked length

std::chrono::nanoseconds whole_ns(Seconds length) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(length);
}

/// Told after each call that it is done; says whether to go on.
class Stream {
 public:
  Stream(c10::Device device, const bench::Run& asked, Reporter& reporter)
      : device_(device), length_(whole_ns(Seconds(asked.seconds))), reporter_(reporter) {}
  virtual ~Stream() = default;

  bool advance() {
    const SteadyTime now = synchronized_now(device_);
    if (!begun_) {
      begun_ = true;
      begin_ = now;
    } else {
      latencies_.push_back((now - since_).count());
      ++served_;
    }
    end_ = now;
    stopped_ = !reporter_.advance(served_);
    return !stopped_ && next(now);
  }

  std::optional<Timed> timed(const bench::Run& asked, std::int64_t samples) {
    if (stopped_) return std::nullopt;
    return Timed{{asked.phase, asked.index, {begin_, end_}, served_ * samples},
                 std::move(latencies_)};
  }

 protected:
  /// Sets since_ of the next query when it is time for it; false where there is none.
  virtual bool next(SteadyTime now) = 0;

  c10::Device device_;
  std::chrono::nanoseconds length_;
  Reporter& reporter_;
  bool begun_ = false;
  bool stopped_ = false;
  SteadyTime begin_, end_, since_;
  std::int64_t served_ = 0;
  std::vector<std::int64_t> latencies_;
};

class OneByOne final : public Stream {
 public:
  using Stream::Stream;

 private:
  bool next(SteadyTime now) override {
    since_ = now;
    return served_ == 0 || now - begin_ < length_;
  }
};

class Queue final : public Stream {
 public:
  Queue(c10::Device device, const bench::Run& asked, std::int64_t seed, Reporter& reporter)
      : Stream(device, asked, reporter),
        arrivals_(asked.rate, static_cast<std::uint64_t>(seed),
                  static_cast<std::uint64_t>(asked.index)) {}

 private:
  bool next(SteadyTime now) override {
    const auto arrival = whole_ns(arrivals_.next());
    if (arrival > length_ && served_ > 0) {
      wait_until(begin_ + length_);
      return false;
    }
    if (now - begin_ > length_ * kGiveUp) {
      give_up(now, begin_ + arrival);
      return false;
    }
    since_ = begin_ + arrival;
    return wait_until(since_);
  }

  void give_up(SteadyTime now, SteadyTime arrival) {
    for (; arrival <= begin_ + length_; arrival = begin_ + whole_ns(arrivals_.next())) {
      latencies_.push_back((now - arrival).count());
    }
  }

  /// False where asked to stop.
  bool wait_until(SteadyTime time) {
    for (;;) {
      end_ = std::max(end_, SystemClock().now());
      if (end_ >= time) return true;
      std::this_thread::sleep_until(std::min(time, end_ + whole_ns(kLookEvery)));
      stopped_ = !reporter_.advance(served_);
      if (stopped_) return false;
    }
  }

  stats::PoissonArrivals arrivals_;
};

}  // namespace scenarios

std::optional<Timed> load_scenario(const RunBatches& run, c10::Device device,
                                   const bench::Run& asked, std::int64_t seed, Reporter& reporter) {
  reporter.begin_phase(asked.phase, 0);
  const auto timed = [&](scenarios::Stream&& stream) {
    run([&](std::int64_t) { return stream.advance(); });
    return stream.timed(asked, samples_per_query(asked.phase));
  };
  if (asked.phase != results::phase::server) {
    return timed(scenarios::OneByOne(device, asked, reporter));
  }
  return timed(scenarios::Queue(device, asked, seed, reporter));
}

}  // namespace btrack::models
