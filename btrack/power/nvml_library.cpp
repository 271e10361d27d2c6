// SPDX-License-Identifier: Apache-2.0
// libnvidia-ml.so: the names of its calls, and what their refusals mean.
#include "btrack/power/nvml_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "btrack/core/text.hpp"
#include "btrack/power/amd_library.hpp"

namespace btrack::power {
namespace {

NvmlStatus status(int code) { return static_cast<NvmlStatus>(code); }

template <class T>
T value_as(const NvmlValue& value) {
  T result;
  std::memcpy(&result, value.bytes.data(), sizeof result);
  return result;
}

/// The text that a call writes, or nothing.
template <class Call>
std::string text_of(Call call) {
  std::array<char, 128> text{};  // the longest, NVML_DEVICE_NAME_V2_BUFFER_SIZE, is 96
  if (call(text.data(), static_cast<unsigned>(text.size() - 1)) != 0) return {};
  return text.data();
}

Error refusal(const std::string& library, NvmlStatus status) {
  switch (status) {
    case NvmlStatus::driver_not_loaded:
      return {ErrorKind::unsupported,
              fmt::format("{} is there, but NVIDIA's kernel driver is not loaded", library),
              "load it ('modprobe nvidia'), or start the container with '--gpus all'"};
    case NvmlStatus::version_mismatch:
      return {ErrorKind::unsupported,
              fmt::format("{} and the loaded kernel driver are of different versions", library),
              "reboot, or unload and load the driver: it was updated while it ran"};
    case NvmlStatus::no_permission:
      return {ErrorKind::denied, fmt::format("{} may not open the GPUs", library),
              "an administrator opens /dev/nvidiactl and /dev/nvidia* to you; in a container start "
              "it with '--gpus all'"};
    default:
      return {ErrorKind::unsupported,
              fmt::format("{} does not start ({})", library, nvml_status_text(status)),
              "run 'nvidia-smi': where it fails as well, reinstall the driver or reboot"};
  }
}

/// NVML_DEVICE_ARCH_* by compute capability (CUDA C++ Programming Guide, appendix on compute
/// capabilities), for libraries that do not say it themselves.
unsigned architecture_of(int major, int minor) {
  switch (major) {
    case 3:
      return 2;  // Kepler
    case 5:
      return 3;  // Maxwell
    case 6:
      return 4;  // Pascal
    case 7:
      return minor < 5 ? 5 : 6;  // Volta, Turing
    case 8:
      return minor < 9 ? 7 : 8;  // Ampere, Ada
    case 9:
      return 9;  // Hopper
    default:
      return 0;
  }
}

}  // namespace

std::string nvml_status_text(NvmlStatus status) {
  switch (status) {
    case NvmlStatus::success:
      return "success";
    case NvmlStatus::not_supported:
      return "not supported by this GPU";
    case NvmlStatus::no_permission:
      return "no permission";
    case NvmlStatus::not_found:
      return "not found";
    case NvmlStatus::insufficient_size:
      return "buffer too small";
    case NvmlStatus::driver_not_loaded:
      return "the kernel driver is not loaded";
    case NvmlStatus::function_not_found:
      return "the library lacks the call";
    case NvmlStatus::gpu_is_lost:
      return "the GPU is lost";
    case NvmlStatus::reset_required:
      return "the GPU needs a reset";
    case NvmlStatus::version_mismatch:
      return "library and driver are of different versions";
    case NvmlStatus::no_data:
      return "no data";
    case NvmlStatus::unknown:
      return "an unknown error of the driver";
  }
  return fmt::format("status {}", static_cast<int>(status));
}

std::optional<std::uint64_t> as_count(const NvmlValue& value, NvmlValueType type) {
  const auto whole = [](auto number) -> std::optional<std::uint64_t> {
    if (number < 0) return std::nullopt;
    return static_cast<std::uint64_t>(number);
  };
  switch (type) {
    case NvmlValueType::f64: {
      const auto number = value_as<double>(value);
      return number >= 0.0 && number < 0x1p63 ? std::optional(static_cast<std::uint64_t>(number))
                                              : std::nullopt;
    }
    case NvmlValueType::u32:
      return value_as<std::uint32_t>(value);
    case NvmlValueType::unsigned_long:
    case NvmlValueType::u64:
      return value_as<std::uint64_t>(value);
    case NvmlValueType::i64:
      return whole(value_as<std::int64_t>(value));
    case NvmlValueType::i32:
      return whole(value_as<std::int32_t>(value));
    case NvmlValueType::u16:
      return value_as<std::uint16_t>(value);
  }
  return std::nullopt;
}

/// nvmlPciInfo_t
struct NvmlLibrary::PciInfo {
  std::array<char, 16> legacy_id;
  std::uint32_t domain;
  std::uint32_t bus;
  std::uint32_t device;
  std::uint32_t pci_id;
  std::uint32_t subsystem_id;
  std::array<char, 32> id;
};

/// nvmlUtilization_t
struct NvmlLibrary::Utilisation {
  std::uint32_t gpu;
  std::uint32_t memory;
};

std::vector<std::string> NvmlLibrary::resolve() {
  static_assert(sizeof(PciInfo) == 68);
  std::vector<std::string> required;
  const auto find = [&]<class Function>(Function*& function, const char* symbol,
                                        std::string_view without = {}) {
    function = library_.find<Function>(symbol);
    if (function == nullptr && !without.empty()) {
      missing_.push_back(fmt::format("{}: {}", symbol, without));
    }
    return function != nullptr;
  };
  const auto need = [&](auto*& function, const char* symbol) {
    if (!find(function, symbol)) required.emplace_back(symbol);
  };
  need(calls_.init, "nvmlInit_v2");
  need(calls_.shutdown, "nvmlShutdown");
  need(calls_.count, "nvmlDeviceGetCount_v2");
  need(calls_.by_index, "nvmlDeviceGetHandleByIndex_v2");
  need(calls_.pci, "nvmlDeviceGetPciInfo_v3");
  find(calls_.driver_version, "nvmlSystemGetDriverVersion");
  find(calls_.name, "nvmlDeviceGetName");
  find(calls_.uuid, "nvmlDeviceGetUUID", "visible devices cannot be told by UUID");
  find(calls_.architecture, "nvmlDeviceGetArchitecture");
  find(calls_.compute, "nvmlDeviceGetCudaComputeCapability");
  find(calls_.limit, "nvmlDeviceGetEnforcedPowerLimit", "impossible watts are judged by 1500 W");
  find(calls_.mig_mode, "nvmlDeviceGetMigMode");
  find(calls_.virtualization, "nvmlDeviceGetVirtualizationMode");
  find(calls_.by_uuid, "nvmlDeviceGetHandleByUUID");
  find(calls_.mig_parent, "nvmlDeviceGetDeviceHandleFromMigDeviceHandle");
  find(calls_.fields, "nvmlDeviceGetFieldValues", "no instant, average, module or memory power");
  find(calls_.energy, "nvmlDeviceGetTotalEnergyConsumption", "no energy counter beside field 83");
  find(calls_.power, "nvmlDeviceGetPowerUsage", "no power where the fields are missing");
  find(calls_.utilisation, "nvmlDeviceGetUtilizationRates");
  find(calls_.samples, "nvmlDeviceGetSamples", "the driver's buffer of samples is not read");
  return required;
}

Result<std::shared_ptr<const NvmlLibrary>> NvmlLibrary::open(const ProbeContext& context) {
  auto loaded =
      SharedLibrary::open(library_names(context, "nvml", {"libnvidia-ml.so.1", "libnvidia-ml.so"}));
  if (!loaded) {
    Error error = loaded.error();
    error.remedy = error.kind == ErrorKind::not_found
                       ? "on a machine with an NVIDIA GPU, install NVIDIA's driver; in a container "
                         "start it with '--gpus all'"
                       : "reinstall NVIDIA's driver";
    return fail(std::move(error));
  }
  const std::shared_ptr<NvmlLibrary> library(new NvmlLibrary(std::move(*loaded)));
  const auto& name = library->library_.name();
  const auto required = library->resolve();
  if (!required.empty()) {
    return fail(ErrorKind::unsupported, fmt::format("{} lacks {}", name, join(required, ", ")),
                "install NVIDIA driver 418 or later");
  }
  const NvmlStatus started = status(library->calls_.init());
  if (started != NvmlStatus::success) return fail(refusal(name, started));
  library->initialised_ = true;
  if (library->calls_.driver_version != nullptr) {
    library->driver_version_ = text_of(library->calls_.driver_version);
  }
  return library;
}

NvmlLibrary::~NvmlLibrary() {
  if (initialised_) calls_.shutdown();
}

int NvmlLibrary::driver_branch() const {
  return parse_number<int>(std::string_view(driver_version_).substr(0, driver_version_.find('.')))
      .value_or(0);
}

Result<unsigned> NvmlLibrary::count() const {
  unsigned number = 0;
  const NvmlStatus answer = status(calls_.count(&number));
  if (answer != NvmlStatus::success) return fail(refusal(library_.name(), answer));
  return number;
}

Result<NvmlGpu> NvmlLibrary::gpu(unsigned index) const {
  NvmlGpu gpu;
  gpu.index = index;
  PciInfo pci{};
  NvmlStatus answer = status(calls_.by_index(index, &gpu.handle));
  if (answer == NvmlStatus::success) answer = status(calls_.pci(gpu.handle, &pci));
  if (answer == NvmlStatus::no_permission) {
    return fail(ErrorKind::denied, fmt::format("GPU {} is closed to us", index),
                fmt::format("an administrator opens /dev/nvidia{} to you", index));
  }
  if (answer != NvmlStatus::success) {
    return fail(ErrorKind::io, fmt::format("GPU {}: {}", index, nvml_status_text(answer)),
                "see 'dmesg' for an Xid error; reset the GPU or reboot");
  }
  gpu.address = {pci.domain, pci.bus, pci.device, 0};
  const auto ask = [&](auto* call, auto... out) {
    return call != nullptr && call(gpu.handle, out...) == 0;
  };
  if (calls_.name != nullptr) {
    gpu.name = text_of([&](char* out, unsigned n) { return calls_.name(gpu.handle, out, n); });
  }
  if (calls_.uuid != nullptr) {
    gpu.uuid = text_of([&](char* out, unsigned n) { return calls_.uuid(gpu.handle, out, n); });
  }
  ask(calls_.compute, &gpu.compute_major, &gpu.compute_minor);
  if (!ask(calls_.architecture, &gpu.architecture)) {
    gpu.architecture = architecture_of(gpu.compute_major, gpu.compute_minor);
  }
  unsigned milliwatts = 0;
  if (ask(calls_.limit, &milliwatts) && milliwatts > 0) gpu.power_limit = Watts(milliwatts * 1e-3);
  unsigned mig = 0;
  unsigned pending = 0;
  gpu.mig = ask(calls_.mig_mode, &mig, &pending) && mig == 1;
  int virtualization = 0;
  ask(calls_.virtualization, &virtualization);
  gpu.virtualization = static_cast<NvmlVirtualization>(virtualization);
  return gpu;
}

std::optional<std::string> NvmlLibrary::parent_of_mig(const std::string& mig_uuid) const {
  NvmlDevice instance = nullptr;
  NvmlDevice parent = nullptr;
  if (calls_.by_uuid == nullptr || calls_.mig_parent == nullptr || calls_.uuid == nullptr ||
      calls_.by_uuid(mig_uuid.c_str(), &instance) != 0 ||
      calls_.mig_parent(instance, &parent) != 0) {
    return std::nullopt;
  }
  auto uuid = text_of([&](char* out, unsigned n) { return calls_.uuid(parent, out, n); });
  return uuid.empty() ? std::nullopt : std::optional(std::move(uuid));
}

NvmlStatus NvmlLibrary::field_values(NvmlDevice device, std::span<NvmlFieldValue> fields) const {
  if (calls_.fields == nullptr) return NvmlStatus::function_not_found;
  return status(calls_.fields(device, static_cast<int>(fields.size()), fields.data()));
}

NvmlStatus NvmlLibrary::total_energy(NvmlDevice device, std::uint64_t& millijoules) const {
  if (calls_.energy == nullptr) return NvmlStatus::function_not_found;
  unsigned long long value = 0;
  const NvmlStatus answer = status(calls_.energy(device, &value));
  millijoules = value;
  return answer;
}

NvmlStatus NvmlLibrary::power_usage(NvmlDevice device, std::uint32_t& milliwatts) const {
  if (calls_.power == nullptr) return NvmlStatus::function_not_found;
  return status(calls_.power(device, &milliwatts));
}

NvmlStatus NvmlLibrary::utilisation(NvmlDevice device, std::uint32_t& percent) const {
  if (calls_.utilisation == nullptr) return NvmlStatus::function_not_found;
  Utilisation rates{};
  const NvmlStatus answer = status(calls_.utilisation(device, &rates));
  percent = rates.gpu;
  return answer;
}

NvmlStatus NvmlLibrary::samples(NvmlDevice device, NvmlSampling kind, std::uint64_t seen_us,
                                std::span<NvmlSample> out, std::uint32_t& count,
                                NvmlValueType& type) const {
  if (calls_.samples == nullptr) return NvmlStatus::function_not_found;
  int value_type = 0;
  count = static_cast<std::uint32_t>(out.size());
  const NvmlStatus answer =
      status(calls_.samples(device, static_cast<int>(kind), seen_us, &value_type, &count,
                            out.empty() ? nullptr : out.data()));
  type = static_cast<NvmlValueType>(value_type);
  return answer;
}

}  // namespace btrack::power
