// SPDX-License-Identifier: Apache-2.0
// librocm_smi64.so, for systems whose ROCm has no AMD SMI.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "btrack/core/shared_library.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/amd_library.hpp"

namespace btrack::power {
namespace {

// Names, numbers and signatures: ROCm/rocm_smi_lib include/rocm_smi/rocm_smi.h, commit fb22d77. All
// values leave through plain integers, so no layout can drift.
constexpr int kSuccess = 0;
constexpr int kNotSupported = 2;
constexpr int kPermission = 4;

struct Calls {
  int (*init)(std::uint64_t);
  int (*shut_down)();
  int (*count)(std::uint32_t*);
  int (*bdf)(std::uint32_t, std::uint64_t*);
  int (*energy)(std::uint32_t, std::uint64_t*, float*, std::uint64_t*);
  // Those below may be missing.
  int (*power)(std::uint32_t, std::uint64_t*, int*);  // since ROCm 6.0
  int (*average_power)(std::uint32_t, std::uint32_t, std::uint64_t*);
  int (*cap)(std::uint32_t, std::uint32_t, std::uint64_t*);
  int (*name)(std::uint32_t, char*, std::size_t);
  int (*device_id)(std::uint32_t, std::uint16_t*);
};

AmdStatus status_of(int code) {
  switch (code) {
    case kSuccess:
      return AmdStatus::ok;
    case kNotSupported:
      return AmdStatus::unsupported;
    case kPermission:
      return AmdStatus::denied;
    default:
      return AmdStatus::failed;
  }
}

class RocmSmi final : public AmdLibrary {
 public:
  RocmSmi(SharedLibrary library, const Calls& calls) : library_(std::move(library)), calls_(calls) {
    std::uint32_t count = 0;
    if (calls_.count(&count) != kSuccess) return;
    for (std::uint32_t i = 0; i < count; ++i) add(i);
  }
  ~RocmSmi() override { calls_.shut_down(); }
  RocmSmi(const RocmSmi&) = delete;
  RocmSmi& operator=(const RocmSmi&) = delete;

  [[nodiscard]] std::string_view driver() const override { return "rocm_smi"; }
  [[nodiscard]] const std::vector<AmdGpu>& gpus() const override { return gpus_; }

  AmdStatus energy(std::size_t gpu, AmdEnergy& out) override {
    return status_of(calls_.energy(indices_[gpu], &out.count, &out.resolution_uj, &out.boot_ns));
  }

  AmdStatus power(std::size_t gpu, std::uint64_t& milliwatts) override {
    std::uint64_t microwatts = 0;
    int kind = 0;
    int code = kNotSupported;
    if (calls_.power != nullptr) code = calls_.power(indices_[gpu], &microwatts, &kind);
    if (code == kNotSupported && calls_.average_power != nullptr) {
      code = calls_.average_power(indices_[gpu], 0, &microwatts);
    }
    milliwatts = microwatts / 1000;
    return status_of(code);
  }

 private:
  void add(std::uint32_t index) {
    std::uint64_t bdf = 0;
    if (calls_.bdf(index, &bdf) != kSuccess) return;
    AmdGpu gpu;
    set_bdf(gpu, bdf);
    if (calls_.device_id != nullptr) calls_.device_id(index, &gpu.device_id);
    std::array<char, 256> name{};
    if (calls_.name != nullptr && calls_.name(index, name.data(), name.size() - 1) == kSuccess) {
      gpu.name = name.data();
    }
    std::uint64_t microwatts = 0;
    if (calls_.cap != nullptr && calls_.cap(index, 0, &microwatts) == kSuccess && microwatts > 0) {
      gpu.power_cap = Watts(static_cast<double>(microwatts) * 1e-6);
    }
    gpus_.push_back(std::move(gpu));
    indices_.push_back(index);
  }

  SharedLibrary library_;
  Calls calls_;
  std::vector<AmdGpu> gpus_;
  std::vector<std::uint32_t> indices_;
};

/// Fills `calls`; the names of those that are needed and not there.
std::vector<std::string> resolve(const SharedLibrary& library, Calls& calls) {
  std::vector<std::string> missing;
  const auto find = [&]<class Function>(Function*& function, const char* symbol, bool required) {
    function = library.find<Function>(symbol);
    if (required && function == nullptr) missing.emplace_back(symbol);
  };
  find(calls.init, "rsmi_init", true);
  find(calls.shut_down, "rsmi_shut_down", true);
  find(calls.count, "rsmi_num_monitor_devices", true);
  find(calls.bdf, "rsmi_dev_pci_id_get", true);
  find(calls.energy, "rsmi_dev_energy_count_get", true);
  find(calls.power, "rsmi_dev_power_get", false);
  find(calls.average_power, "rsmi_dev_power_ave_get", false);
  find(calls.cap, "rsmi_dev_power_cap_get", false);
  find(calls.name, "rsmi_dev_name_get", false);
  find(calls.device_id, "rsmi_dev_id_get", false);
  return missing;
}

}  // namespace

Result<std::unique_ptr<AmdLibrary>> open_rocm_smi(const ProbeContext& context) {
  auto library = SharedLibrary::open(library_names(
      context, "rocm_smi",
      {"librocm_smi64.so", "librocm_smi64.so.7", "librocm_smi64.so.6", "librocm_smi64.so.5",
       "librocm_smi64.so.1", "/opt/rocm/lib/librocm_smi64.so"}));
  if (!library) return fail(library.error());
  Calls calls{};
  const auto missing = resolve(*library, calls);
  if (!missing.empty()) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} lacks {}", library->name(), join(missing, ", ")),
                "install ROCm SMI of ROCm 4.3 or later, or AMD SMI");
  }
  const int code = calls.init(0);
  if (code != kSuccess) return fail(amd_refusal(library->name(), status_of(code), code));
  return std::make_unique<RocmSmi>(std::move(*library), calls);
}

}  // namespace btrack::power
