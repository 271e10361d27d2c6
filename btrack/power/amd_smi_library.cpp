// SPDX-License-Identifier: Apache-2.0
// libamd_smi.so: the calls we use and the two layouts of its power report.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "btrack/core/shared_library.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/amd_library.hpp"

namespace btrack::power {
namespace {

// Names, numbers and layouts: ROCm/amdsmi include/amd_smi/amdsmi.h, commit 057d688, compared with
// the struct references of ROCm 5.7 to 7.1. Structures whose layout changed are read through a
// buffer larger than any of them, and only where the place of a field is certain.
using Handle = void*;
constexpr std::uint64_t kInitGpus = 1U << 1;
constexpr int kProcessorGpu = 1;
constexpr int kSuccess = 0;
constexpr int kNotSupported = 2;
constexpr int kNotYetImplemented = 3;
constexpr int kNoPermission = 10;

struct PowerCapInfo {  // the same since ROCm 5.6
  std::uint64_t power_cap;
  std::uint64_t default_power_cap;
  std::uint64_t dpm_cap;
  std::uint64_t min_power_cap;
  std::uint64_t max_power_cap;
  std::array<std::uint64_t, 3> reserved;
};

using Buffer = std::array<std::uint32_t, 1024>;

struct Calls {
  int (*init)(std::uint64_t);
  int (*shut_down)();
  int (*sockets)(std::uint32_t*, Handle*);
  int (*processors)(Handle, std::uint32_t*, Handle*);
  int (*bdf)(Handle, std::uint64_t*);
  int (*energy)(Handle, std::uint64_t*, float*, std::uint64_t*);
  // Those below may be missing.
  int (*type)(Handle, int*);
  int (*device_id)(Handle, std::uint16_t*);
  int (*asic)(Handle, void*);
  int (*cap)(Handle, std::uint32_t, PowerCapInfo*);
  int (*power)(Handle, void*);
  int (*version)(void*);
};

AmdStatus status_of(int code) {
  switch (code) {
    case kSuccess:
      return AmdStatus::ok;
    case kNotSupported:
    case kNotYetImplemented:
      return AmdStatus::unsupported;
    case kNoPermission:
      return AmdStatus::denied;
    default:
      return AmdStatus::failed;
  }
}

class AmdSmi final : public AmdLibrary {
 public:
  AmdSmi(SharedLibrary library, const Calls& calls) : library_(std::move(library)), calls_(calls) {
    Buffer version{};
    // {year, major, ...} up to ROCm 6.3 (23, 24), {major, ...} since 6.4 (25 and later).
    if (calls_.version != nullptr && calls_.version(version.data()) == kSuccess) {
      version_ = version[0];
    }
    list();
  }
  ~AmdSmi() override { calls_.shut_down(); }
  AmdSmi(const AmdSmi&) = delete;
  AmdSmi& operator=(const AmdSmi&) = delete;

  [[nodiscard]] std::string_view driver() const override { return "amd_smi"; }
  [[nodiscard]] const std::vector<AmdGpu>& gpus() const override { return gpus_; }

  AmdStatus energy(std::size_t gpu, AmdEnergy& out) override {
    return status_of(calls_.energy(handles_[gpu], &out.count, &out.resolution_uj, &out.boot_ns));
  }

  AmdStatus power(std::size_t gpu, std::uint64_t& milliwatts) override {
    Buffer info{};
    if (calls_.power == nullptr || version_ == 0) return AmdStatus::unsupported;
    const auto status = status_of(calls_.power(handles_[gpu], info.data()));
    if (status != AmdStatus::ok) return status;
    // {u32 current, u32 average} in 6.0 to 6.3 (24); a u64 before them since 6.4 (25); only an
    // average at the start in 5.7 (23). A field that the GPU lacks is all ones.
    const std::size_t first = version_ >= 25 ? 2 : 0;
    const std::size_t fields = version_ >= 24 ? 2 : 1;
    constexpr std::uint32_t kMostWatts = 10'000;
    bool known = false;
    milliwatts = 0;
    for (std::size_t i = first; i < first + fields && milliwatts == 0; ++i) {
      if (info[i] > kMostWatts) continue;
      known = true;
      milliwatts = info[i] * std::uint64_t{1000};
    }
    return known ? AmdStatus::ok : AmdStatus::unsupported;
  }

 private:
  void list() {
    std::uint32_t count = 0;
    if (calls_.sockets(&count, nullptr) != kSuccess) return;
    std::vector<Handle> sockets(count);
    if (calls_.sockets(&count, sockets.data()) != kSuccess) return;
    sockets.resize(std::min<std::size_t>(count, sockets.size()));
    for (const Handle socket : sockets) {
      std::uint32_t processors = 0;
      if (calls_.processors(socket, &processors, nullptr) != kSuccess) continue;
      std::vector<Handle> handles(processors);
      if (calls_.processors(socket, &processors, handles.data()) != kSuccess) continue;
      handles.resize(std::min<std::size_t>(processors, handles.size()));
      for (const Handle handle : handles) add(handle);
    }
  }

  void add(Handle handle) {
    int type = kProcessorGpu;
    if (calls_.type != nullptr) calls_.type(handle, &type);
    std::uint64_t bdf = 0;
    if (type != kProcessorGpu || calls_.bdf(handle, &bdf) != kSuccess) return;
    AmdGpu gpu;
    set_bdf(gpu, bdf);
    if (calls_.device_id != nullptr) calls_.device_id(handle, &gpu.device_id);
    Buffer asic{};  // begins with the name in every version; its length varies
    if (calls_.asic != nullptr && calls_.asic(handle, asic.data()) == kSuccess) {
      const auto* text = reinterpret_cast<const char*>(asic.data());
      gpu.name.assign(text, ::strnlen(text, 64));
    }
    PowerCapInfo cap{};
    if (calls_.cap != nullptr && calls_.cap(handle, 0, &cap) == kSuccess && cap.power_cap > 0) {
      // Microwatts on bare metal, watts in some versions: no GPU has a cap of 0.1 W or of 100 kW.
      const auto value = static_cast<double>(cap.power_cap);
      gpu.power_cap = Watts(value > 1e5 ? value * 1e-6 : value);
    }
    gpus_.push_back(std::move(gpu));
    handles_.push_back(handle);
  }

  SharedLibrary library_;
  Calls calls_;
  std::uint32_t version_ = 0;
  std::vector<AmdGpu> gpus_;
  std::vector<Handle> handles_;
};

/// Fills `calls`; the names of those that are needed and not there.
std::vector<std::string> resolve(const SharedLibrary& library, Calls& calls) {
  std::vector<std::string> missing;
  const auto find = [&]<class Function>(Function*& function, const char* symbol, bool required) {
    function = library.find<Function>(symbol);
    if (required && function == nullptr) missing.emplace_back(symbol);
  };
  find(calls.init, "amdsmi_init", true);
  find(calls.shut_down, "amdsmi_shut_down", true);
  find(calls.sockets, "amdsmi_get_socket_handles", true);
  find(calls.processors, "amdsmi_get_processor_handles", true);
  find(calls.bdf, "amdsmi_get_gpu_bdf_id", true);
  find(calls.energy, "amdsmi_get_energy_count", true);
  find(calls.type, "amdsmi_get_processor_type", false);
  find(calls.device_id, "amdsmi_get_gpu_id", false);
  find(calls.asic, "amdsmi_get_gpu_asic_info", false);
  find(calls.cap, "amdsmi_get_power_cap_info", false);
  find(calls.power, "amdsmi_get_power_info", false);
  find(calls.version, "amdsmi_get_lib_version", false);
  return missing;
}

}  // namespace

Result<std::unique_ptr<AmdLibrary>> open_amd_smi(const ProbeContext& context) {
  auto library =
      SharedLibrary::open(library_names(context, "amd_smi",
                                        {"libamd_smi.so", "libamd_smi.so.26", "libamd_smi.so.25",
                                         "libamd_smi.so.24", "/opt/rocm/lib/libamd_smi.so"}));
  if (!library) return fail(library.error());
  Calls calls{};
  const auto missing = resolve(*library, calls);
  if (!missing.empty()) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} lacks {}", library->name(), join(missing, ", ")),
                "install AMD SMI of ROCm 6.0 or later");
  }
  const int code = calls.init(kInitGpus);
  if (code != kSuccess) return fail(amd_refusal(library->name(), status_of(code), code));
  return std::make_unique<AmdSmi>(std::move(*library), calls);
}

}  // namespace btrack::power
