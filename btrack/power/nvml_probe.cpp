// SPDX-License-Identifier: Apache-2.0
// The nvml driver: what each GPU answers, which of it is the total, and what keeps others out.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/nvml_channels.hpp"
#include "btrack/power/nvml_sensor.hpp"
#include "btrack/power/nvml_visible.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

/// NVIDIA's GPUs as sysfs lists them, in the order in which the library numbers them, and whether
/// each sleeps. To look here wakes none.
std::vector<bool> sleeping_gpus(const fs::path& sysfs_root) {
  std::vector<std::pair<std::string, bool>> gpus;
  std::error_code error;
  for (const auto& device : fs::directory_iterator(sysfs_root / "bus/pci/devices", error)) {
    const auto says = [&](const char* file) {
      const auto text = read_file(device.path() / file);
      return text ? std::string(trim(*text)) : std::string();
    };
    constexpr std::string_view kDisplayClass = "0x03";
    if (says("vendor") != "0x10de" || !says("class").starts_with(kDisplayClass)) continue;
    gpus.emplace_back(device.path().filename().string(),
                      says("power/runtime_status") == "suspended");
  }
  std::ranges::sort(gpus);
  std::vector<bool> asleep;
  asleep.reserve(gpus.size());
  for (const auto& gpu : gpus) asleep.push_back(gpu.second);
  return asleep;
}

class Prober {
 public:
  Prober(const ProbeContext& context, std::shared_ptr<const NvmlLibrary> library)
      : context_(context), library_(std::move(library)) {}

  DriverProbe probe(const std::vector<bool>& asleep) {
    DriverProbe result;
    const auto count = library_->count();
    if (!count || *count == 0) {
      result.absent = count ? Error{ErrorKind::not_found, "NVML finds no GPU",
                                    "in a container start it with '--gpus all'"}
                            : count.error();
      return result;
    }
    for (const auto& call : library_->missing()) trouble(call, "install a newer NVIDIA driver");
    for (unsigned i = 0; i < *count; ++i) find(i, asleep.size() == *count && asleep[i]);
    mark_visible();
    for (std::size_t i = 0; i < gpus_.size(); ++i) add(i, result);
    if (!troubles_.empty()) {
      const auto kind = result.sensors.empty() ? worst_ : ErrorKind::incomplete;
      result.absent = Error{kind, join(troubles_, "; "), remedy_};
    }
    return result;
  }

 private:
  void trouble(std::string what, std::string_view remedy) {
    troubles_.push_back(std::move(what));
    if (remedy_.empty()) remedy_ = remedy;
  }

  void find(unsigned index, bool asleep) {
    if (asleep) {
      trouble(fmt::format("GPU {} sleeps, and is left asleep", index),
              "start a program on it before the measurement");
      return;
    }
    auto gpu = library_->gpu(index);
    if (gpu) {
      gpus_.push_back(std::move(*gpu));
    } else {
      worst_ = gpu.error().kind;
      trouble(gpu.error().message, gpu.error().remedy);
    }
  }

  void mark_visible() {
    visible_ = visible_nvidia_gpus(
        context_, gpus_, [this](const std::string& uuid) { return library_->parent_of_mig(uuid); });
    if (visible_ && !visible_->doubt.empty()) {
      trouble(visible_->doubt, "export CUDA_DEVICE_ORDER=PCI_BUS_ID");
    }
  }

  void add(std::size_t i, DriverProbe& result) {
    const NvmlGpu& gpu = gpus_[i];
    auto sources = nvml_sources(*library_, gpu);
    const std::string device = pci_text(gpu.address);
    if (sources.empty()) {
      const bool virtual_gpu = gpu.virtualization == NvmlVirtualization::vgpu;
      worst_ = ErrorKind::unsupported;
      trouble(fmt::format("{} gives neither energy nor power", device),
              virtual_gpu ? "a virtual GPU has no sensor: measure on the host"
                          : "GeForce and Quadro before Kepler have no sensor");
      return;
    }
    const bool hidden = visible_ && !visible_->visible[i];
    if (sources.front().channel.evidence == Evidence::estimated) {
      if (hidden) return;
      trouble(
          fmt::format("{} gives neither energy nor power: estimated from its utilisation", device),
          "measure on the host");
    }
    if (hidden) {
      for (NvmlSource& source : sources) hide(source.channel);
    }
    auto status =
        NumberFile::open(context_.sysfs_root / "bus/pci/devices" / device / "power/runtime_status");
    NvmlSensor::Device handle{gpu.handle, std::nullopt};
    if (status) handle.runtime_status = std::move(*status);
    result.sensors.push_back(std::make_unique<NvmlSensor>(
        library_, std::move(handle), std::move(sources), clock_or_system(context_.clock)));
  }

  void hide(Channel& channel) const {
    channel.beside = true;
    channel.label += fmt::format(" (not in {})", visible_->variable);
    add_note(channel, "not-visible");
  }

  const ProbeContext& context_;
  std::shared_ptr<const NvmlLibrary> library_;
  std::vector<NvmlGpu> gpus_;
  std::optional<NvmlVisibility> visible_;
  std::vector<std::string> troubles_;
  std::string remedy_;
  ErrorKind worst_ = ErrorKind::unsupported;
};

}  // namespace

DriverProbe probe_nvml(const ProbeContext& context) {
  DriverProbe result;
  const auto asleep = sleeping_gpus(context.sysfs_root);
  if (!asleep.empty() && std::ranges::find(asleep, false) == asleep.end()) {
    result.absent = Error{ErrorKind::unsupported,
                          "all NVIDIA GPUs sleep (runtime power management), and are left asleep",
                          "start a program on the GPU before the measurement"};
    return result;
  }
  auto library = NvmlLibrary::open(context);
  if (!library) {
    result.absent = library.error();
    return result;
  }
  return Prober(context, std::move(*library)).probe(asleep);
}

}  // namespace btrack::power
