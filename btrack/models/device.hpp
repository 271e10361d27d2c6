// SPDX-License-Identifier: Apache-2.0
// The device a workload runs on: choosing it, waiting for it, and the facts that go into records.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "btrack/core/clock.hpp"
#include "btrack/core/error.hpp"

namespace btrack::models {

/// "cpu", "cuda" or "cuda:1". Errors: usage (no such word), unsupported (this build or machine has
/// no such device).
Result<c10::Device> choose_device(const std::string& name);

/// One thread per physical core that this process may use, where `threads` is 0. Returns the number
/// now in use. Operators run one at a time; nothing else shares the cores with them.
std::int64_t set_threads(std::int64_t threads);
std::int64_t physical_cores();

/// Makes kernels repeatable.
void make_deterministic();

/// Waits until the device has finished everything, then reads the clock.
SteadyTime synchronized_now(c10::Device device);

/// Keys "library.torch", "library.torch_origin", "library.mkldnn" ... and "device.torch".
std::map<std::string, std::string> library_facts(c10::Device device);

/// Largest resident size of this process so far, bytes (getrusage).
std::int64_t peak_resident_bytes();

/// Most that LibTorch's allocator had handed out on that device so far, bytes; nothing for the CPU.
std::optional<std::int64_t> peak_device_bytes(c10::Device device);

}  // namespace btrack::models
