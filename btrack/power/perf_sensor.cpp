// SPDX-License-Identifier: Apache-2.0
// The event groups: what the PMU's files say, and the read of a whole group.
#include "btrack/power/perf_sensor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/cpu_topology.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxGroup = 15;

tl::unexpected<Error> malformed(const fs::path& file, std::string_view expected) {
  return fail(ErrorKind::malformed,
              fmt::format("{} should hold {}, and does not", file.string(), expected),
              "update the kernel; btrack reads the format of Linux 3.14 and later");
}

/// "event=0x02" -> 2.
std::optional<std::uint64_t> event_code(std::string_view text) {
  constexpr std::string_view kKey = "event=0x";
  if (!text.starts_with(kKey)) return std::nullopt;
  text.remove_prefix(kKey.size());
  std::uint64_t code = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), code, 16);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return code;
}

Result<PerfEvent> read_event(const fs::path& events, std::string_view name) {
  const auto code = read_file(events / name);
  if (!code) return fail(code.error());
  const auto scale = read_file(events / fmt::format("{}.scale", name));
  if (!scale) return fail(scale.error());
  const auto unit = read_file(events / fmt::format("{}.unit", name));
  if (!unit) return fail(unit.error());

  const auto number = event_code(trim(*code));
  if (!number) return malformed(events / name, "'event=0x..'");
  const auto factor = parse_number<double>(trim(*scale));
  if (!factor || !(*factor > 0)) {
    return malformed(events / fmt::format("{}.scale", name), "a positive number");
  }
  if (trim(*unit) != "Joules") {
    return malformed(events / fmt::format("{}.unit", name), "'Joules'");
  }
  return PerfEvent{std::string(name), *number, *factor};
}

}  // namespace

Result<PerfPmu> read_perf_pmu(const fs::path& folder) {
  const auto type = read_file(folder / "type");
  if (!type) return fail(type.error());
  const auto cpumask = read_file(folder / "cpumask");
  if (!cpumask) return fail(cpumask.error());
  const auto number = parse_number<std::uint32_t>(trim(*type));
  if (!number) return malformed(folder / "type", "a whole number");
  PerfPmu pmu{*number, parse_cpu_list(*cpumask), {}};
  if (pmu.cpus.empty()) return malformed(folder / "cpumask", "a list of CPUs");

  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "events", error)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("energy-") || name.find('.') != std::string::npos) continue;
    auto event = read_event(folder / "events", name);
    if (!event) return fail(event.error());
    if (pmu.events.size() < kMaxGroup) pmu.events.push_back(std::move(*event));
  }
  if (pmu.events.empty()) return malformed(folder / "events", "energy events");
  std::ranges::sort(pmu.events, {}, &PerfEvent::code);
  return pmu;
}

std::uint64_t perf_modulus(double unit_j) {
  constexpr int kSmallestUnit = 16;
  int exponent = kSmallestUnit;
  if (unit_j > 0) {
    const int known = -std::ilogb(unit_j);
    const bool power_of_two = std::ldexp(1.0, -known) == unit_j;
    if (power_of_two && known >= 1 && known <= 31) exponent = known;
  }
  return 1ULL << (64 - exponent);
}

PerfSensor::PerfSensor(std::vector<Channel> channels, std::vector<Group> groups, const Clock& clock)
    : channels_(std::move(channels)), groups_(std::move(groups)), clock_(clock) {}

PerfSensor::~PerfSensor() {
  for (const Group& group : groups_) {
    for (const int fd : group.descriptors) ::close(fd);
  }
}

Result<void> PerfSensor::read(std::span<Reading> out) {
  for (const Group& group : groups_) read_group(group, out);
  return {};
}

void PerfSensor::read_group(const Group& group, std::span<Reading> out) {
  std::array<std::uint64_t, kMaxGroup + 1> values{};  // PERF_FORMAT_GROUP: how many, then each
  const std::size_t members = group.descriptors.size();
  const std::size_t bytes = (members + 1) * sizeof(std::uint64_t);
  const SteadyTime before = clock_.now();
  const ssize_t size = ::read(group.descriptors.front(), values.data(), bytes);
  const SteadyTime after = clock_.now();
  const bool whole = size == static_cast<ssize_t>(bytes) && values[0] == members;
  for (std::size_t i = 0; i < members; ++i) {
    const std::size_t channel = group.first_channel + i;
    Reading& reading = out[channel];
    const bool usable = whole && !(group.adds && reading.flags != reading_flags::ok);
    const std::uint64_t earlier = group.adds ? reading.count : 0;
    const std::uint64_t modulus = channels_[channel].modulus;
    const std::uint64_t count = earlier + values[i + 1];
    reading = {static_cast<std::uint32_t>(channel),
               usable ? reading_flags::ok : reading_flags::failed, before + (after - before) / 2,
               0};
    if (usable) reading.count = modulus == 0 ? count : count % modulus;
  }
}

}  // namespace btrack::power
