// SPDX-License-Identifier: Apache-2.0
// The device a workload runs on.
#include "btrack/models/device.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <utility>

#include "torch_build.hpp"

namespace btrack::models {
namespace topology {

/// A number in the CPU's topology folder, or -1 where the system does not say.
int value(int cpu, const char* name) {
  std::ifstream file(fmt::format("/sys/devices/system/cpu/cpu{}/topology/{}", cpu, name));
  int number = -1;
  file >> number;
  return file ? number : -1;
}

}  // namespace topology

Result<c10::Device> choose_device(const std::string& name) {
  std::optional<c10::Device> device;
  try {
    device.emplace(name);
  } catch (const c10::Error&) {
    return fail(ErrorKind::usage, fmt::format("'{}' is not a device", name),
                "write cpu, cuda or cuda:N");
  }
  if (device->is_cpu()) return *device;
  if (!device->is_cuda()) {
    return fail(ErrorKind::unsupported, fmt::format("device '{}' is not supported", name),
                "write cpu, cuda or cuda:N");
  }
  const auto count = torch::cuda::is_available() ? torch::cuda::device_count() : 0;
  if (count == 0) {
    const bool cpu_build = std::string_view(kTorchCuda).empty();
    return fail(ErrorKind::unsupported,
                cpu_build ? "this btrack-worker was built with a CPU-only LibTorch"
                          : "LibTorch finds no usable CUDA device",
                cpu_build ? "build with a CUDA LibTorch (CMAKE_PREFIX_PATH), or use --device cpu"
                          : "check the driver with nvidia-smi, or use --device cpu");
  }
  const auto index = device->has_index() ? device->index() : c10::DeviceIndex{0};
  if (static_cast<std::size_t>(index) >= static_cast<std::size_t>(count)) {
    return fail(ErrorKind::not_found, fmt::format("there is no cuda:{}", index),
                fmt::format("cuda:0 to cuda:{} are there", count - 1));
  }
  return c10::Device(c10::kCUDA, index);
}

std::int64_t physical_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  std::set<std::pair<int, int>> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const int core = topology::value(cpu, "core_id");
    // Without topology every CPU counts as a core of its own.
    cores.emplace(topology::value(cpu, "physical_package_id"), core >= 0 ? core : -2 - cpu);
  }
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(cores.size()));
}

std::int64_t set_threads(std::int64_t threads) {
  at::set_num_threads(static_cast<int>(threads > 0 ? threads : physical_cores()));
  return at::get_num_threads();
}

void make_deterministic() {
  at::Context& context = at::globalContext();
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
}

SteadyTime synchronized_now(c10::Device device) {
  if (device.is_cuda()) torch::cuda::synchronize(device.index());
  return SystemClock().now();
}

std::map<std::string, std::string> library_facts(c10::Device device) {
  return {{"library.torch", TORCH_VERSION},
          {"library.torch_origin", kTorchOrigin},
          {"library.torch_cuda", *kTorchCuda != '\0' ? kTorchCuda : "none"},
          {"library.torch_cxx11_abi", std::to_string(_GLIBCXX_USE_CXX11_ABI)},
          {"library.torch_cpu_capability", at::get_cpu_capability()},
          {"library.mkl", at::get_mkl_version()},
          {"library.mkldnn", at::get_mkldnn_version()},
          {"library.openmp", at::get_openmp_version()},
          {"device.torch", device.str()},
          {"settings.threads_used", std::to_string(at::get_num_threads())}};
}

std::int64_t peak_resident_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

std::optional<std::int64_t> peak_device_bytes(c10::Device device) {
  if (device.is_cpu()) return std::nullopt;
  const auto stats = at::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  return stats.allocated_bytes[0].peak;  // [0]: of large and small blocks together
}

}  // namespace btrack::models
