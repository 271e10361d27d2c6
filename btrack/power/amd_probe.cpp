// SPDX-License-Identifier: Apache-2.0
// The amd_smi driver: which GPU is a channel, what its counter covers, and what keeps others out.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "btrack/core/text.hpp"
#include "btrack/power/amd_sensor.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/visible_devices.hpp"

namespace btrack::power {
namespace {

// PCI devices, from the kernel's and AMD's lists (pci.ids).
constexpr std::uint16_t kMi250x = 0x7408;
constexpr std::uint16_t kMi250 = 0x740c;
constexpr std::uint16_t kMi300a = 0x74a0;

/// What a first look at one GPU of the library told.
struct Look {
  AmdStatus status = AmdStatus::failed;
  AmdEnergy energy;
  bool moves = false;  ///< the counter changed between two looks
  bool power_known = false;
  std::uint64_t milliwatts = 0;
};

/// Looks again until every counter of a GPU that takes power has moved, for 0.2 s at most: the
/// driver renews its table each millisecond, and a powered GPU takes more than 5 W, 6500 counts in
/// 20 ms.
std::vector<Look> look(AmdLibrary& library) {
  std::vector<Look> looks(library.gpus().size());
  for (std::size_t i = 0; i < looks.size(); ++i) {
    looks[i].status = library.energy(i, looks[i].energy);
    looks[i].power_known = library.power(i, looks[i].milliwatts) == AmdStatus::ok;
  }
  constexpr std::chrono::milliseconds kPause(20);
  constexpr int kPauses = 10;
  const auto waits = [](const Look& one) {
    return one.status == AmdStatus::ok && !one.moves && one.milliwatts > 0;
  };
  for (int pause = 0; pause < kPauses && std::ranges::any_of(looks, waits); ++pause) {
    std::this_thread::sleep_for(kPause);
    for (std::size_t i = 0; i < looks.size(); ++i) {
      AmdEnergy later;
      looks[i].moves = looks[i].moves || (library.energy(i, later) == AmdStatus::ok &&
                                          later.count != looks[i].energy.count);
    }
  }
  return looks;
}

/// The library says 15.3 uJ where the register counts 2^-16 J = 15.2588 uJ
/// (kEnergyCounterResolution in rocm_smi.cc is the rounded number): +0.27 % if believed.
double joules_per_count(float resolution_uj) {
  const bool rounded = std::abs(resolution_uj - 15.3F) < 0.01F;
  return rounded ? 0x1p-16 : static_cast<double>(resolution_uj) * 1e-6;
}

class Prober {
 public:
  Prober(const ProbeContext& context, std::unique_ptr<AmdLibrary> library)
      : context_(context), library_(std::move(library)), kfd_(kfd_gpus(context.sysfs_root)) {}

  DriverProbe probe() {
    DriverProbe result;
    if (library_->gpus().empty()) {
      result.absent =
          Error{ErrorKind::not_found, fmt::format("{} finds no AMD GPU", library_->driver()),
                "in a container hand in '--device /dev/kfd --device /dev/dri'"};
      return result;
    }
    looks_ = look(*library_);
    for (std::size_t i = 0; i < looks_.size(); ++i) add(i);
    mark_visible();
    if (!troubles_.empty()) {
      result.absent = Error{ErrorKind::incomplete, join(troubles_, "; "), remedy_};
    }
    if (!sources_.empty()) {
      result.sensors.push_back(std::make_unique<AmdSensor>(std::move(library_), std::move(sources_),
                                                           clock_or_system(context_.clock)));
    }
    return result;
  }

 private:
  [[nodiscard]] const AmdGpu& gpu(std::size_t i) const { return library_->gpus()[i]; }

  [[nodiscard]] bool dual_die(std::size_t i) const {
    return gpu(i).device_id == kMi250 || gpu(i).device_id == kMi250x;
  }

  /// The driver gives power and energy of an MI250 on its first die only, for both, and 0 on the
  /// second (aldebaran_ppt.c: aldebaran_is_primary).
  [[nodiscard]] bool second_die(std::size_t i) const {
    return dual_die(i) && looks_[i].energy.count == 0 && !looks_[i].moves &&
           looks_[i].milliwatts == 0;
  }

  [[nodiscard]] bool apu(std::size_t i) const {
    const auto node = std::ranges::find(kfd_, gpu(i).address, &KfdGpu::address);
    return gpu(i).device_id == kMi300a || (node != kfd_.end() && node->has_cpu);
  }

  void trouble(std::size_t i, std::string_view what, std::string_view remedy) {
    troubles_.push_back(fmt::format("{}: {}", pci_text(gpu(i).address), what));
    if (remedy_.empty()) remedy_ = remedy;
  }

  void add(std::size_t i) {
    // A partition shows the counter of its whole GPU; the first one stands for all.
    for (const Unit& unit : units_) {
      const PciAddress& a = gpu(unit.first).address;
      const PciAddress& b = gpu(i).address;
      if (a.domain == b.domain && a.bus == b.bus && a.device == b.device) {
        places_.push_back(unit.source);
        return;
      }
    }
    if (second_die(i)) {
      const bool pair = i > 0 && dual_die(i - 1) && !second_die(i - 1);
      if (!pair) trouble(i, "a die whose counter stands at 0, with no first die before it", "");
      places_.push_back(pair ? places_[i - 1] : std::nullopt);
      if (pair && places_[i]) name_pair(*places_[i], i);
      return;
    }
    const auto channel = channel_of(i);
    places_.push_back(channel ? std::optional(sources_.size()) : std::nullopt);
    units_.push_back({i, places_.back()});
    if (channel) sources_.push_back({*channel, i});
  }

  void name_pair(std::size_t source, std::size_t second) {
    Channel& channel = sources_[source].channel;
    channel.label += fmt::format(" with its second die {}", pci_text(gpu(second).address));
  }

  [[nodiscard]] std::optional<Channel> channel_of(std::size_t i) {
    const Look& look = looks_[i];
    const bool frozen = look.status == AmdStatus::ok && !look.moves && look.milliwatts > 0;
    const bool usable = look.status == AmdStatus::ok && look.energy.resolution_uj > 0.0F &&
                        look.energy.count != ~std::uint64_t{0};
    if (usable && !frozen) {
      return described(i, ChannelKind::energy_counter, joules_per_count(look.energy.resolution_uj));
    }
    if (frozen) {
      trouble(i,
              "the energy counter stands still although power flows; power is integrated instead",
              "the counter runs again after a reboot (seen on MI100)");
    }
    if (look.power_known && look.milliwatts > 0) {
      return described(i, ChannelKind::power_gauge, 1e-3);
    }
    if (look.status == AmdStatus::denied) {
      trouble(i, "energy and power are closed to us",
              amd_refusal(library_->driver(), look.status, 0).remedy);
    } else {
      trouble(i, "the GPU gives neither energy nor power",
              "virtual functions have no counter: measure on the host");
    }
    return std::nullopt;
  }

  [[nodiscard]] Channel described(std::size_t i, ChannelKind kind, double si_per_count) const {
    const bool gauge = kind == ChannelKind::power_gauge;
    Channel c;
    c.device = pci_text(gpu(i).address);
    c.id = fmt::format("{}/{}{}", library_->driver(), c.device, gauge ? "/power" : "");
    c.label = fmt::format("{} {}{}", gpu(i).name.empty() ? "AMD GPU" : gpu(i).name, c.device,
                          gauge ? " power" : "");
    c.domain = apu(i) ? Domain::module : Domain::gpu;
    if (c.domain == Domain::module) c.label += " (processor and GPU)";
    c.kind = kind;
    c.si_per_count = si_per_count;
    c.update_period = Seconds(0.001);  // the driver keeps its table for 1 ms (amdgpu_smu.c)
    c.safe_period = Seconds(0.001);
    constexpr double kMostWatts = 2000.0;  // beyond any module sold so far
    c.power_limit = gpu(i).power_cap ? *gpu(i).power_cap * 1.5 : Watts(kMostWatts);
    constexpr double kHalfWidth = 0.95 * 0.05;  // 95 % of a rectangle of +-5 %
    c.gain = {1.0 - kHalfWidth, 1.0 + kHalfWidth};
    c.gain_source = "policy: AMD GPU, rectangular +-5 % until calibrated";
    return c;
  }

  /// A counter counts in the total where any of its GPUs is visible; an APU always does, for its
  /// processor works in any case.
  void mark_visible() {
    const auto order = in_runtime_order();
    const auto visible = visible_amd_gpus(context_, order);
    if (!visible) return;
    std::vector<bool> counted(sources_.size());
    for (const std::size_t place : *visible) {
      for (std::size_t i = 0; i < places_.size(); ++i) {
        if (places_[i] && gpu(i).address == order[place].address) counted[*places_[i]] = true;
      }
    }
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      Channel& channel = sources_[s].channel;
      if (counted[s] || channel.domain == Domain::module) continue;
      channel.beside = true;
      channel.label += " (not visible to the program)";
    }
  }

  /// KFD's order; without KFD, the library's.
  [[nodiscard]] std::vector<KfdGpu> in_runtime_order() const {
    if (!kfd_.empty()) return kfd_;
    std::vector<KfdGpu> order;
    for (const AmdGpu& one : library_->gpus()) order.push_back({one.address, "", false});
    return order;
  }

  struct Unit {
    std::size_t first = 0;
    std::optional<std::size_t> source;
  };

  const ProbeContext& context_;
  std::unique_ptr<AmdLibrary> library_;
  std::vector<KfdGpu> kfd_;
  std::vector<Look> looks_;
  std::vector<AmdSensor::Source> sources_;
  std::vector<std::optional<std::size_t>> places_;  // of each GPU: the source that covers it
  std::vector<Unit> units_;
  std::vector<std::string> troubles_;
  std::string remedy_;
};

}  // namespace

DriverProbe probe_amd_smi(const ProbeContext& context) {
  auto library = open_amd_smi(context);
  if (!library) {
    const Error first = library.error();
    library = open_rocm_smi(context);
    if (!library) {
      Error error = first.kind == ErrorKind::not_found ? library.error() : first;
      if (first.kind == library.error().kind || first.kind == ErrorKind::not_found) {
        error.message = fmt::format("{}; {}", first.message, library.error().message);
      }
      if (error.kind == ErrorKind::not_found) {
        error.remedy =
            "on a machine with an AMD GPU, install AMD SMI (package amd-smi-lib of ROCm)";
      }
      DriverProbe probe;
      probe.absent = std::move(error);
      return probe;
    }
  }
  return Prober(context, std::move(*library)).probe();
}

}  // namespace btrack::power
