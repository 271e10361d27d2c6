// SPDX-License-Identifier: Apache-2.0
// btrack-fake-powercap: a sysfs tree of two sockets whose counters follow a known power p(t).
//
//   btrack-fake-powercap ROOT [--seconds S] [--offset-near-wrap SECONDS] [--update-ms MS]
//   btrack-fake-powercap ROOT --truth BEGIN_NS END_NS
//
// The first form makes ROOT/sys-like folders (give ROOT as --sysfs), prints "ready", and renews the
// counters every MS milliseconds for S seconds. The second prints the closed-form energy of each
// domain between two CLOCK_MONOTONIC instants as JSON, in joules.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// The kernel's figures for a unit of 2^-14 J: counts become microjoules by whole nanojoules.
constexpr double kUnitJoules = 1.0 / 16384.0;
constexpr std::uint64_t kUnitNanojoules = 61035;
constexpr std::uint64_t kRawModulus = 1ULL << 32;

/// p(t) = base + amplitude * wave(t / period), t in seconds since the origin.
struct Power {
  double base_w = 0.0;
  double amplitude_w = 0.0;
  double period_s = 1.0;
  bool square = false;  // else sine

  [[nodiscard]] double joules(double t) const {
    if (!square) {
      const double omega = 2.0 * std::numbers::pi / period_s;
      return base_w * t + amplitude_w / omega * (1.0 - std::cos(omega * t));
    }
    // +amplitude in the first half of each period, -amplitude in the second.
    const double phase = t - period_s * std::floor(t / period_s);
    return base_w * t + amplitude_w * std::min(phase, period_s - phase);
  }
};

struct Zone {
  std::string folder;  // below class/powercap
  std::string name;
  std::string domain;  // key in truth.json; zones with equal keys are one counter
  std::vector<Power> parts;

  [[nodiscard]] double joules(double t) const {
    double sum = 0.0;
    for (const Power& part : parts) sum += part.joules(t);
    return sum;
  }
};

std::vector<Zone> zones() {
  const Power cores_0{38.0, 22.0, 0.70, true};
  const Power cores_1{33.0, 12.0, 1.30, false};
  const Power rest_of_package_0{27.0, 0.0, 1.0, false};
  const Power rest_of_package_1{24.0, 3.0, 0.45, false};
  const Power dram_0{9.0, 4.0, 0.90, false};
  const Power dram_1{8.0, 2.0, 2.10, true};
  const Power board{31.0, 5.0, 3.30, false};
  const std::vector<Power> package_0{cores_0, rest_of_package_0};
  const std::vector<Power> package_1{cores_1, rest_of_package_1};
  return {
      {"intel-rapl:0", "package-0", "package-0", package_0},
      {"intel-rapl:0:0", "core", "package-0/core", {cores_0}},
      {"intel-rapl:0:1", "dram", "package-0/dram", {dram_0}},
      {"intel-rapl:1", "package-1", "package-1", package_1},
      {"intel-rapl:1:0", "core", "package-1/core", {cores_1}},
      {"intel-rapl:1:1", "dram", "package-1/dram", {dram_1}},
      {"intel-rapl:2",
       "psys",
       "psys",
       {cores_0, rest_of_package_0, cores_1, rest_of_package_1, dram_0, dram_1, board}},
      {"intel-rapl-mmio:0", "package-0", "package-0", package_0},
  };
}

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::trunc) << text << "\n";
}

class Tree {
 public:
  Tree(const fs::path& root, double seconds_to_wrap) : zones_(zones()) {
    const fs::path base = root / "class" / "powercap";
    for (const Zone& zone : zones_) {
      const fs::path folder = base / zone.folder;
      fs::create_directories(folder);
      write_text(folder / "name", zone.name);
      write_text(folder / "enabled", "1");
      write_text(folder / "max_energy_range_uj",
                 fmt::format("{}", (kRawModulus - 1) * kUnitNanojoules / 1000));
      const auto file = folder / "energy_uj";
      files_.push_back(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
      if (files_.back() < 0) throw std::runtime_error("cannot create " + file.string());
      const auto before_wrap =
          static_cast<std::uint64_t>(zone.joules(seconds_to_wrap) / kUnitJoules);
      offsets_.push_back(seconds_to_wrap > 0 ? kRawModulus - before_wrap : 0);
    }
    origin_ns_ = monotonic_ns();
  }

  [[nodiscard]] std::int64_t origin_ns() const { return origin_ns_; }

  /// One update: each counter gets the energy at the instant of its own write.
  void renew() {
    for (std::size_t i = 0; i < zones_.size(); ++i) {
      const double t = static_cast<double>(monotonic_ns() - origin_ns_) * 1e-9;
      const auto used = static_cast<std::uint64_t>(zones_[i].joules(t) / kUnitJoules);
      const std::uint64_t raw = (offsets_[i] + used) % kRawModulus;
      std::array<char, 32> text{};  // fixed width, so that no reader sees a shorter number's tail
      const auto end =
          fmt::format_to_n(text.data(), text.size(), "{:020}\n", raw * kUnitNanojoules / 1000);
      if (::pwrite(files_[i], text.data(), end.size, 0) < 0) throw std::runtime_error("pwrite");
    }
  }

 private:
  std::vector<Zone> zones_;
  std::vector<int> files_;
  std::vector<std::uint64_t> offsets_;
  std::int64_t origin_ns_ = 0;
};

Json truth_of(std::int64_t origin_ns) {
  Json json{{"origin_ns", origin_ns}, {"clock", "CLOCK_MONOTONIC"}};
  json["formula"] =
      "p(t) = sum of base_w + amplitude_w * wave(t / period_s), wave = sine or square";
  for (const Zone& zone : zones()) {
    Json parts = Json::array();
    for (const Power& p : zone.parts) {
      parts.push_back({{"base_w", p.base_w},
                       {"amplitude_w", p.amplitude_w},
                       {"period_s", p.period_s},
                       {"wave", p.square ? "square" : "sine"}});
    }
    json["domains"][zone.domain] = parts;
  }
  return json;
}

int print_truth(const fs::path& root, std::int64_t begin_ns, std::int64_t end_ns) {
  std::ifstream file(root / "truth.json");
  const Json truth = Json::parse(file, nullptr, false);
  if (!truth.is_object()) {
    std::cerr << "no truth.json in " << root << "\n";
    return 2;
  }
  const auto origin = truth.at("origin_ns").get<std::int64_t>();
  Json result;
  for (const auto& [domain, parts] : truth.at("domains").items()) {
    double joules = 0.0;
    for (const auto& p : parts) {
      const Power power{p.at("base_w"), p.at("amplitude_w"), p.at("period_s"),
                        p.at("wave") == "square"};
      joules += power.joules(static_cast<double>(end_ns - origin) * 1e-9) -
                power.joules(static_cast<double>(begin_ns - origin) * 1e-9);
    }
    result[domain] = joules;
  }
  std::cout << result.dump() << "\n";
  return 0;
}

int run(const fs::path& root, double seconds, double seconds_to_wrap, double update_ms) {
  // Best effort: a late update is true at its own instant, but blurs the edges of a window.
  const sched_param priority{.sched_priority = 10};
  if (::sched_setscheduler(0, SCHED_FIFO, &priority) != 0) static_cast<void>(::nice(-10));

  Tree tree(root, seconds_to_wrap);
  tree.renew();
  write_text(root / "truth.json", truth_of(tree.origin_ns()).dump(2));
  std::cout << "ready" << std::endl;

  const auto step = static_cast<std::int64_t>(update_ms * 1e6);
  const std::int64_t end = tree.origin_ns() + static_cast<std::int64_t>(seconds * 1e9);
  for (std::int64_t next = tree.origin_ns() + step; next < end;) {
    const timespec until{next / 1'000'000'000, next % 1'000'000'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    tree.renew();
    while (next <= monotonic_ns()) next += step;
  }
  return 0;
}

int usage() {
  std::cerr << "usage: btrack-fake-powercap ROOT [--seconds S] [--offset-near-wrap SECONDS] "
               "[--update-ms MS]\n"
               "       btrack-fake-powercap ROOT --truth BEGIN_NS END_NS\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.empty()) return usage();
  const fs::path root(words[0]);
  if (words.size() == 4 && words[1] == "--truth") {
    return print_truth(root, std::atoll(argv[3]), std::atoll(argv[4]));
  }
  double seconds = 60.0;
  double seconds_to_wrap = 0.0;
  double update_ms = 1.0;
  for (std::size_t i = 1; i < words.size(); i += 2) {
    if (i + 1 == words.size()) return usage();
    const double value = std::atof(argv[i + 2]);
    if (words[i] == "--seconds") {
      seconds = value;
    } else if (words[i] == "--offset-near-wrap") {
      seconds_to_wrap = value;
    } else if (words[i] == "--update-ms" && value > 0) {
      update_ms = value;
    } else {
      return usage();
    }
  }
  try {
    return run(root, seconds, seconds_to_wrap, update_ms);
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << "\n";
    return 3;
  }
}
