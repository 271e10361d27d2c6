// SPDX-License-Identifier: Apache-2.0
// One row for each parser, with what must hold whatever the bytes.
#include "tests/fuzz/targets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "btrack/bench/model_description.hpp"
#include "btrack/bench/protocol.hpp"
#include "btrack/bench/suite.hpp"
#include "btrack/models/readers/safetensors.hpp"
#include "btrack/power/cpu_topology.hpp"
#include "btrack/power/daemon_protocol.hpp"
#include "btrack/power/dcmi_text.hpp"
#include "btrack/power/number_file.hpp"
#include "btrack/power/nvml_visible.hpp"
#include "btrack/power/redfish_config.hpp"
#include "btrack/power/redfish_json.hpp"
#include "btrack/power/trace_file.hpp"
#include "btrack/power/trace_json.hpp"
#include "btrack/power/visible_devices.hpp"
#include "btrack/results/record.hpp"
#include "btrack/results/trace_codec.hpp"

namespace btrack::fuzz {
namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

/// A private file that holds the bytes; one for the life of the process, removed at its end.
class Scratch {
 public:
  Scratch() {
    auto pattern = (std::filesystem::temp_directory_path() / "btrack-fuzz-XXXXXX").string();
    descriptor_ = mkstemp(pattern.data());
    must(descriptor_ >= 0);
    path_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    close(descriptor_);
    unlink(path_.c_str());
  }
  const std::filesystem::path& holding(std::string_view bytes) {
    must(ftruncate(descriptor_, 0) == 0);
    must(pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    return path_;
  }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

const std::filesystem::path& file_of(std::string_view bytes) {
  static Scratch scratch;
  return scratch.holding(bytes);
}

void cpu_list(std::string_view bytes) {
  for (const int cpu : power::parse_cpu_list(bytes)) must(cpu >= 0);
}

void number_file(std::string_view bytes) {
  for (const power::NumberFormat format :
       {power::NumberFormat{}, power::NumberFormat{"J", false}, power::NumberFormat{"", true}}) {
    if (const auto number = power::parse_file_number(bytes, format)) {
      const auto written = (number->negative ? "-" : "") + std::to_string(number->magnitude);
      must(power::parse_file_number(written) == number);
    }
  }
}

void daemon(std::string_view bytes) {
  if (const auto read = power::channels_from_answer(bytes)) {
    must(power::channels_from_answer(power::channels_answer(*read)).has_value());
  }
  std::array<power::Reading, 2> out{};
  static_cast<void>(power::readings_from_answer(bytes, out));
}

void dcmi(std::string_view bytes) {
  if (const auto reading = power::parse_dcmi_text(bytes)) {
    must(reading->statistics_period.count() >= 0);
  }
}

void redfish(std::string_view bytes) {
  static_cast<void>(power::parse_service_root(bytes));
  if (const auto page = power::parse_collection(bytes)) {
    for (const auto& member : page->members) must(member.starts_with("/redfish/"));
  }
  static_cast<void>(power::parse_chassis(bytes));
  for (const auto parse :
       {power::parse_environment_metrics, power::parse_power, power::parse_sensor}) {
    if (const auto metrics = parse(bytes)) must(std::isfinite(metrics->average_window.count()));
  }
  if (const auto duration = power::parse_duration(bytes)) must(std::isfinite(duration->count()));
}

void redfish_config(std::string_view bytes) {
  power::ProbeContext context;
  context.redfish_config = file_of(bytes);
  context.environment = [](const char*) { return std::optional<std::string>(); };
  static_cast<void>(power::load_redfish_config(context));
}

void visible_nvidia(std::string_view bytes) {
  const std::array<power::NvmlGpu, 3> gpus{};
  power::ProbeContext context;
  context.environment = [bytes](const char*) { return std::optional<std::string>(bytes); };
  const auto no_parent = [](const std::string&) { return std::optional<std::string>(); };
  const auto seen = power::visible_nvidia_gpus(context, gpus, no_parent);
  must(!seen || seen->visible.size() == gpus.size());
}

void visible_amd(std::string_view bytes) {
  const std::array<power::KfdGpu, 3> gpus{};
  power::ProbeContext context;
  context.environment = [bytes](const char*) { return std::optional<std::string>(bytes); };
  if (const auto seen = power::visible_amd_gpus(context, gpus)) {
    for (const std::size_t place : *seen) must(place < gpus.size());
  }
  const std::array<std::uint32_t, 3> tiles{1, 2, 0};
  const auto devices = power::visible_level_zero_devices(context, tiles);
  must(!devices || devices->size() == tiles.size());
}

void trace_text(std::string_view bytes) {
  const auto trace = power::trace_from_text(bytes, "fuzz");
  if (!trace) return;
  const std::string written = power::trace_to_text(*trace);
  const auto again = power::trace_from_text(written, "fuzz");
  must(again && power::trace_to_text(*again) == written);
}

void channels(std::string_view bytes) {
  if (const auto read = power::channels_from_json(bytes)) {
    const std::string written = power::channels_to_json(*read);
    const auto again = power::channels_from_json(written);
    must(again && power::channels_to_json(*again) == written);
  }
  static_cast<void>(power::clocks_from_json(bytes));
}

void readings(std::string_view bytes) {
  if (const auto read = results::unpack_readings(bytes)) {
    const auto again = results::unpack_readings(results::pack_readings(*read));
    must(again && again->size() == read->size());
  }
}

void record(std::string_view bytes) {
  if (const auto read = results::record_from_json(bytes)) {
    const std::string written = results::to_json(*read);
    const auto again = results::record_from_json(written);
    must(again && results::to_json(*again) == written);
  }
  static_cast<void>(results::settings_list_from_json(bytes));
}

void protocol(std::string_view bytes) {
  if (const auto command = bench::decode_command(bytes)) {
    const std::string line = bench::encode(*command);
    const auto again = bench::decode_command(line);
    must(again && bench::encode(*again) == line);
  }
  if (const auto event = bench::decode_event(bytes)) {
    const std::string line = bench::encode(*event);
    const auto again = bench::decode_event(line);
    must(again && bench::encode(*again) == line);
  }
}

void safetensors(std::string_view bytes) {
  const auto file = models::SafetensorsFile::open(file_of(bytes));
  if (!file) return;
  std::vector<models::StoredTensor> tensors = file->tensors();
  for (const auto& tensor : tensors) {
    std::vector<std::byte> values(tensor.end - tensor.begin);
    must(file->read(tensor, values).has_value());
  }
  const std::string header = models::safetensors_header(tensors);
  must(tensors == file->tensors());
  const std::uint64_t data = tensors.empty() ? 0 : tensors.back().end;
  const auto again = models::parse_safetensors_header(std::string_view(header).substr(8), data);
  must(again && *again == tensors);
}

void suite(std::string_view bytes) { static_cast<void>(bench::load_suite(file_of(bytes))); }

void description(std::string_view bytes) {
  if (const auto read = bench::read_description(file_of(bytes))) {
    must(!read->inputs.empty() && read->batch > 0);
    for (const auto& input : read->inputs) {
      must(input.values(1) >= 1.0 && input.values(1) < 1e13 && input.low <= input.high);
    }
  }
}

constexpr std::array kTargets{
    Target{"channels", channels},
    Target{"cpu_list", cpu_list},
    Target{"daemon", daemon},
    Target{"dcmi", dcmi},
    Target{"description", description},
    Target{"number_file", number_file},
    Target{"protocol", protocol},
    Target{"readings", readings},
    Target{"record", record},
    Target{"redfish", redfish},
    Target{"redfish_config", redfish_config},
    Target{"safetensors", safetensors},
    Target{"suite", suite},
    Target{"trace_text", trace_text},
    Target{"visible_amd", visible_amd},
    Target{"visible_nvidia", visible_nvidia},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

}  // namespace btrack::fuzz
