// SPDX-License-Identifier: Apache-2.0
// A first look at a GPU, and its channels in the order of trust.
#include "btrack/power/nvml_channels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "btrack/power/nvml_models.hpp"
#include "btrack/power/power_model.hpp"
#include "btrack/power/sampling.hpp"

namespace btrack::power {
namespace {

constexpr unsigned kHopper = 9;  // NVML_DEVICE_ARCH_HOPPER
constexpr std::uint32_t kNoValue = 0xffffffff;

class Look {
 public:
  Look(const NvmlLibrary& library, const NvmlGpu& gpu)
      : library_(library), gpu_(gpu), model_(nvml_sensor_model(gpu)) {}

  std::vector<NvmlSource> take() {
    energy_counter();
    instant_power();
    average_power();
    buffer("samples", NvmlSampling::total_power, Domain::gpu);
    relate();
    memory();
    module();
    for (NvmlSource& source : sources_) finish(source.channel);
    if (sources_.empty()) utilisation();
    return std::move(sources_);
  }

 private:
  /// A field's value, where the GPU has one now.
  [[nodiscard]] std::optional<std::uint64_t> ask(std::uint32_t field, NvmlScope scope) const {
    std::array<NvmlFieldValue, 1> one{};
    one[0].field = field;
    one[0].scope = static_cast<std::uint32_t>(scope);
    if (library_.field_values(gpu_.handle, one) != NvmlStatus::success ||
        one[0].status != NvmlStatus::success) {
      return std::nullopt;
    }
    return as_count(one[0].value, one[0].type);
  }

  NvmlSource& add(std::string_view name, std::string_view what, ChannelKind kind) {
    NvmlSource& source = sources_.emplace_back();
    Channel& c = source.channel;
    c.device = pci_text(gpu_.address);
    c.id = fmt::format("nvml/{}/{}", c.device, name);
    c.label = fmt::format("{} {} {}", gpu_.name.empty() ? "NVIDIA GPU" : gpu_.name, c.device, what);
    c.domain = Domain::gpu;
    c.kind = kind;
    c.si_per_count = 1e-3;  // millijoules, milliwatts
    c.update_period = model_.period;
    // Whether the counter integrates more than the power sensor looks at is not documented: until
    // the card is characterised, no more is assumed.
    if (model_.window < model_.period) c.window = model_.window;
    if (c.window > Seconds(0) && kind == ChannelKind::energy_counter) add_note(c, kWindowAssumed);
    c.safe_period = Seconds(0.002);  // calls take a lock of the driver, for up to 0.4 ms
    return source;
  }

  void add_field(std::string_view name, std::string_view what, std::uint32_t field) {
    const bool counter = field == nvml_fields::energy || field == nvml_fields::energy_scoped;
    NvmlSource& source =
        add(name, what, counter ? ChannelKind::energy_counter : ChannelKind::power_gauge);
    source.call = NvmlSource::Call::field;
    source.field = field;
  }

  void energy_counter() {
    std::uint64_t millijoules = 0;
    for (const auto field : {nvml_fields::energy, nvml_fields::energy_scoped}) {
      if (!sources_.empty() || !ask(field, NvmlScope::gpu)) continue;
      add_field("energy", "energy counter", field);
    }
    if (sources_.empty() &&
        library_.total_energy(gpu_.handle, millijoules) == NvmlStatus::success) {
      add("energy", "energy counter", ChannelKind::energy_counter).call =
          NvmlSource::Call::total_energy;
    }
    if (!sources_.empty() && model_.counter_lossy) {
      add_note(sources_.back().channel, "counter-loses-when-polled");
      lossy_ = 0;
    }
  }

  void instant_power() {
    usage_ = nvml_power_usage(gpu_, library_.driver_branch());
    const auto field = ask(nvml_fields::power_instant, NvmlScope::gpu);
    if (field) {
      add_field("power", "power", nvml_fields::power_instant);
    } else if (usage_ == PowerUsage::instant && usage_answers()) {
      add("power", "power", ChannelKind::power_gauge).call = NvmlSource::Call::power_usage;
    } else {
      return;
    }
    instant_ = sources_.size() - 1;
  }

  void average_power() {
    if (ask(nvml_fields::power_average, NvmlScope::gpu)) {
      add_field("power-average", "power, mean of 1 s", nvml_fields::power_average);
    } else if (usage_ == PowerUsage::average && usage_answers()) {
      add("power-average", "power, mean of 1 s", ChannelKind::power_gauge).call =
          NvmlSource::Call::power_usage;
    } else {
      return;
    }
    sources_.back().channel.window = kNvmlAverage;
    average_ = sources_.size() - 1;
  }

  [[nodiscard]] bool usage_answers() const {
    std::uint32_t milliwatts = 0;
    return library_.power_usage(gpu_.handle, milliwatts) == NvmlStatus::success;
  }

  std::optional<std::size_t> buffer(std::string_view name, NvmlSampling kind, Domain domain) {
    std::uint32_t capacity = 0;
    NvmlValueType type{};
    const auto status = library_.samples(gpu_.handle, kind, 0, {}, capacity, type);
    if (status != NvmlStatus::success || capacity == 0) return std::nullopt;
    NvmlSource& source =
        add(name, "power samples of the driver, summed", ChannelKind::energy_counter);
    source.call = NvmlSource::Call::samples;
    source.sampling = kind;
    source.capacity = capacity;
    source.channel.si_per_count = 1e-9;
    source.channel.domain = domain;
    return sources_.size() - 1;
  }

  /// The energy counter stands for the GPU unless polling harms it; then the instant power does.
  void relate() {
    if (sources_.empty()) return;
    const auto counter = sources_.front().channel.kind == ChannelKind::energy_counter &&
                                 sources_.front().call != NvmlSource::Call::samples
                             ? std::optional<std::size_t>(0)
                             : std::nullopt;
    main_ = counter && !(lossy_ && instant_) ? *counter
            : instant_                       ? *instant_
            : average_                       ? *average_
                                             : 0;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (i == main_) continue;
      sources_[i].channel.duplicate_of = sources_[main_].channel.id;
      sources_[i].channel.beside = true;
    }
  }

  /// Drivers from before scopes answer every scope with the GPU's value; only Hopper and later
  /// have others. 0 is how a GPU without the sensor answers.
  [[nodiscard]] std::optional<std::uint32_t> scoped_field(NvmlScope scope) const {
    if (gpu_.architecture < kHopper) return std::nullopt;
    for (const auto field : {nvml_fields::power_instant, nvml_fields::power_average}) {
      const auto value = ask(field, scope);
      if (value && *value > 0 && *value < kNoValue && value != ask(field, NvmlScope::gpu)) {
        return field;
      }
    }
    return std::nullopt;
  }

  void add_scoped(std::string_view name, std::uint32_t field, NvmlScope scope, Domain domain) {
    add_field(name, fmt::format("{} power", name), field);
    sources_.back().scope = scope;
    Channel& c = sources_.back().channel;
    c.domain = domain;
    if (field == nvml_fields::power_average) c.window = kNvmlAverage;
  }

  void memory() {
    const auto field = scoped_field(NvmlScope::memory);
    if (!field || sources_.empty()) return;
    add_scoped("memory", *field, NvmlScope::memory, Domain::gpu_memory);
    sources_.back().channel.part_of = sources_[main_].channel.id;
  }

  /// Processor, memory and GPU of a Grace superchip: around the GPU, and beside the total.
  void module() {
    const auto field = scoped_field(NvmlScope::module);
    if (!field || sources_.empty()) return;
    add_scoped("module", *field, NvmlScope::module, Domain::module);
    const std::size_t gauge = sources_.size() - 1;
    const auto samples = buffer("module-samples", NvmlSampling::module_power, Domain::module);
    sources_[gauge].channel.beside = true;
    sources_[main_].channel.part_of = sources_[gauge].channel.id;
    if (!samples) return;
    sources_[*samples].channel.beside = true;
    sources_[*samples].channel.duplicate_of = sources_[gauge].channel.id;
  }

  /// No counter and no gauge: a clearly marked estimate.
  void utilisation() {
    std::uint32_t percent = 0;
    if (!gpu_.power_limit || gpu_.mig ||
        library_.utilisation(gpu_.handle, percent) != NvmlStatus::success) {
      return;
    }
    NvmlSource& source =
        add("utilisation", "estimated from utilisation and power limit", ChannelKind::power_gauge);
    source.call = NvmlSource::Call::utilisation;
    source.limit = *gpu_.power_limit;
    Channel& c = source.channel;
    c.evidence = Evidence::estimated;
    c.update_period = Seconds(1.0);  // nvmlUtilization_t: the mean of 1/6 s to 1 s, by product
    c.window = Seconds(0);
    c.note.clear();
    c.power_limit = source.limit * 1.5;
    c.gain = modelled_gpu_gain();
    c.gain_source = fmt::format(
        "utilisation between {:.0f} W idle and the limit of {:.0f} W: A100 load curve of Davy 2021 "
        "(Teads Engineering); the interval is a policy",
        modelled_gpu_power(0.0, source.limit).value(), source.limit.value());
  }

  void finish(Channel& channel) const {
    set_nvml_limits(channel, gpu_);
    if (!gpu_.mig) return;
    channel.label += " (the whole GPU: MIG instances have no sensor)";
    add_note(channel, "mig");
  }

  const NvmlLibrary& library_;
  const NvmlGpu& gpu_;
  NvmlSensorModel model_;
  PowerUsage usage_ = PowerUsage::average;
  std::vector<NvmlSource> sources_;
  std::optional<std::size_t> lossy_;
  std::optional<std::size_t> instant_;
  std::optional<std::size_t> average_;
  std::size_t main_ = 0;
};

}  // namespace

std::vector<NvmlSource> nvml_sources(const NvmlLibrary& library, const NvmlGpu& gpu) {
  return Look(library, gpu).take();
}

void add_note(Channel& channel, std::string_view word) {
  if (!channel.note.empty()) channel.note += ',';
  channel.note += word;
}

}  // namespace btrack::power
