// SPDX-License-Identifier: Apache-2.0
// Whether sampling at 1 kHz slows a loop of matrix products on two threads: an equivalence test.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "benchmarks/power/bench.hpp"
#include "btrack/power/sampler.hpp"
#include "btrack/stats/estimate.hpp"

namespace btrack::bench_power {
namespace {

constexpr double kMargin = 0.0025;
constexpr std::size_t kSide = 192;
using Matrix = std::vector<float>;

void multiply(const Matrix& a, const Matrix& b, Matrix& c) {
  for (std::size_t i = 0; i < kSide; ++i) {
    for (std::size_t k = 0; k < kSide; ++k) {
      const float factor = a[i * kSide + k];
      for (std::size_t j = 0; j < kSide; ++j) c[i * kSide + j] += factor * b[k * kSide + j];
    }
  }
}

/// Seconds for the same products on each of two threads, to the end of the slower.
double loop_seconds(int products) {
  const auto work = [products] {
    const Matrix a(kSide * kSide, 1e-3F);
    Matrix c(kSide * kSide);
    for (int i = 0; i < products; ++i) multiply(a, a, c);
    if (c[0] < 0) std::abort();
  };
  const auto begin = SteadyClock::now();
  std::thread other(work);
  work();
  other.join();
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

double sampled_seconds(const FakeMachine& machine, int products) {
  power::Sampler sampler(machine.sensors(), {.period = Seconds(1e-3)});
  if (const auto started = sampler.start(); !started) {
    throw std::runtime_error(started.error().message);
  }
  const double seconds = loop_seconds(products);
  sampler.stop();
  return seconds;
}

int products_for(double seconds) {
  int products = 8;
  while (loop_seconds(products) < seconds / 2) products *= 2;
  return static_cast<int>(products * seconds / loop_seconds(products));
}

}  // namespace

/// Two one-sided tests at 5 % (Schuirmann 1987): the 90 % interval of the mean log ratio, pairs in
/// the order AB BA, lies within +-0.25 %.
void slowdown(int pairs) {
  if (pairs < 2) return;
  const FakeMachine machine(4);
  const int products = products_for(0.25);
  std::vector<double> logs;
  for (int i = 0; i < pairs; ++i) {
    double bare = 0.0;
    double sampled = 0.0;
    if (i % 2 == 0) bare = loop_seconds(products);
    sampled = sampled_seconds(machine, products);
    if (i % 2 == 1) bare = loop_seconds(products);
    logs.push_back(std::log(sampled / bare));
  }
  const auto slower = stats::mean(logs, 0.90);
  fmt::print("{:<58} {:+.3f} %, 90 % interval {:+.3f} to {:+.3f} %, margin {:.2f} %  {}\n",
             fmt::format("slowdown of 2 threads of products at 1 kHz, {} pairs", pairs),
             100 * slower.value, 100 * slower.low, 100 * slower.high, 100 * kMargin,
             slower.low > -kMargin && slower.high < kMargin ? "pass" : "FAIL: not equivalent");
}

}  // namespace btrack::bench_power
