// SPDX-License-Identifier: Apache-2.0
// libnvidia-ml.so.1 as a test would have it, with the real one's structures; BTRACK_FAKE_OLD makes
// it a library without the calls that came after 2012. Settings are words of BTRACK_FAKE_GPU:
//   devices arch major minor mixed limit mig vgpu init lost lost_at sentinel spike reset_s
//   base amplitude period     the waveform (fake_nvml.hpp)
//   update window             seconds between values; the part of them that a value is the mean of
//   part                      the energy counter integrates only that part, too
//   polled_s                  the counter loses nine tenths of what flows between closer polls
//   stamps                    of fields: 0 of the fetch, 1 of the renewal, 2 of a 10 ms cache, 3
//   utilisation               percent; without it the call is not supported
//   none no_energy no_fields no_samples scopes
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <string>

#include "tests/fakes/fake_nvml.hpp"

namespace {

using namespace btrack::test;

constexpr int kSuccess = 0;
constexpr int kInvalidArgument = 2;
constexpr int kNotSupported = 3;
constexpr int kNotFound = 6;
constexpr int kLost = 15;

std::mutex mutex;
unsigned calls = 0;

struct Counter {
  std::int64_t tick = -1;  // the last one that is summed
  double joules = 0.0;
  double last_poll_s = 0.0;
  double lost_j = 0.0;
};
std::array<Counter, 16> counters;

std::uint32_t index_of(void* device) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(device)) - 1;
}

double period_s() { return fake_setting("update", 0.1); }
double window_s() { return period_s() * fake_setting("window", 1.0); }
std::int64_t tick_at(double t) { return static_cast<std::int64_t>(std::floor(t / period_s())); }
double time_of(std::int64_t tick) { return static_cast<double>(tick) * period_s(); }

/// One offset for good, or the stamps of one value would differ from call to call.
[[maybe_unused]] std::int64_t wall_us(double monotonic_s) {
  static const double offset = [] {
    timespec wall{};
    ::clock_gettime(CLOCK_REALTIME, &wall);
    return static_cast<double>(wall.tv_sec) + static_cast<double>(wall.tv_nsec) * 1e-9 -
           fake_now_s();
  }();
  return static_cast<std::int64_t>((monotonic_s + offset) * 1e6);
}

bool gone(std::uint32_t device) {
  return fake_lost(device) && fake_now_s() >= fake_setting("lost_at", 0.0);
}

/// Enters one call for a device: counts it, and says whether the GPU answers.
int enter(void* device) {
  ++calls;
  return gone(index_of(device)) ? kLost : kSuccess;
}

/// The energy that the counter shows, which may be less than what flowed.
[[maybe_unused]] double counted_j(std::uint32_t device) {
  const std::lock_guard lock(mutex);
  Counter& counter = counters[device];
  const double now = fake_now_s();
  const std::int64_t tick = tick_at(now);
  if (counter.tick < 0) {
    counter = {tick, fake_nvml_energy_j(device, time_of(tick)), now, 0.0};
  }
  const double part = fake_has("part") ? window_s() : period_s();
  for (; counter.tick < tick; ++counter.tick) {
    const double end = time_of(counter.tick + 1);
    counter.joules += fake_nvml_mean_w(device, end - part, end) * period_s();
  }
  if (now - counter.last_poll_s < fake_setting("polled_s", 0.0)) {
    counter.lost_j +=
        0.9 * (fake_nvml_energy_j(device, now) - fake_nvml_energy_j(device, counter.last_poll_s));
  }
  counter.last_poll_s = now;
  double joules = counter.joules - counter.lost_j;
  if (const double reset = fake_setting("reset_s", 0.0); reset > 0.0) {
    joules -= fake_nvml_energy_j(device, time_of(tick_at(reset)));
  }
  return joules * fake_setting("spike", 1.0);
}

std::uint32_t milliwatts(std::uint32_t device, double begin, double end) {
  if (fake_has("sentinel")) return 0xffffffffU;
  return static_cast<std::uint32_t>(std::lround(fake_nvml_mean_w(device, begin, end) * 1e3));
}

std::uint32_t instant_mw(std::uint32_t device) {
  const double tick = time_of(tick_at(fake_now_s()));
  return milliwatts(device, tick - window_s(), tick);
}

std::uint32_t average_mw(std::uint32_t device) {
  const double tick = time_of(tick_at(fake_now_s()));
  return milliwatts(device, tick - 1.0, tick);
}

int write(const char* text, char* out, unsigned size) {
  if (std::strlen(text) >= size) return 7;
  std::strcpy(out, text);
  return kSuccess;
}

struct PciInfo {
  char legacy[16];
  unsigned domain, bus, device, id, subsystem;
  char text[32];
};

struct FieldValue {
  std::uint32_t field, scope;
  long long stamp_us, latency_us;
  int type, status;
  std::uint64_t value;
};

struct Sample {
  unsigned long long stamp_us;
  std::uint64_t value;
};

#ifndef BTRACK_FAKE_OLD
long long stamp_us() {
  const double now = fake_now_s();
  const int kind = static_cast<int>(fake_setting("stamps", 0.0));
  if (kind == 1) return wall_us(time_of(tick_at(now)));
  if (kind == 2) return wall_us(std::floor(now / 0.01) * 0.01);
  return kind == 3 ? 0 : wall_us(now);
}

void fill(std::uint32_t device, FieldValue& out) {
  out.status = kSuccess;
  out.stamp_us = stamp_us();
  out.latency_us = 30;
  out.type = 1;  // unsigned int
  const bool scoped = out.scope != 0 && fake_has("scopes");
  const double share = !scoped ? 1.0 : out.scope == 1 ? 1.6 : 0.2;
  const auto power = [&](std::uint32_t value) {
    out.value = fake_has("sentinel") ? value : static_cast<std::uint64_t>(value * share);
  };
  if ((out.field == 83 || out.field == 191) && !fake_has("no_energy") && out.scope == 0) {
    out.type = 3;  // unsigned long long
    out.value = static_cast<std::uint64_t>(counted_j(device) * 1e3);
  } else if (out.field == 186) {
    power(instant_mw(device));
  } else if (out.field == 185) {
    power(average_mw(device));
  } else {
    out.status = kNotSupported;
  }
}
#endif

}  // namespace

extern "C" {

// Not of the real library: the truth, and how often a GPU was asked for anything.
double btrack_fake_energy_j(unsigned device, double begin_s, double end_s) {
  return fake_nvml_energy_j(device, end_s) - fake_nvml_energy_j(device, begin_s);
}
unsigned btrack_fake_calls() { return calls; }

int nvmlInit_v2() {
  const std::lock_guard lock(mutex);
  counters = {};  // nothing is left of the test before
  return static_cast<int>(fake_setting("init", 0.0));
}
int nvmlInitWithFlags(unsigned /*flags*/) { return nvmlInit_v2(); }  // asked for by pynvml
const char* nvmlErrorString(int /*status*/) { return "an error of the fake library"; }
int nvmlShutdown() { return kSuccess; }
int nvmlSystemGetDriverVersion(char* out, unsigned size) {
  const auto branch = static_cast<int>(fake_setting("branch", 550.0));
  return write((std::to_string(branch) + ".54.15").c_str(), out, size);
}
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = fake_devices();
  return kSuccess;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** out) {
  if (index >= fake_devices()) return kInvalidArgument;
  *out = reinterpret_cast<void*>(static_cast<std::uintptr_t>(index) + 1);
  return enter(*out);
}
int nvmlDeviceGetPciInfo_v3(void* device, PciInfo* out) {
  *out = {};
  out->bus = 0x3b + index_of(device);
  return enter(device);
}
int nvmlDeviceGetName(void* device, char* out, unsigned size) {
  const bool other = fake_has("mixed") && index_of(device) == 1;
  return write(other ? "NVIDIA T4" : "NVIDIA H100 80GB HBM3", out, size);
}
int nvmlDeviceGetUUID(void* device, char* out, unsigned size) {
  const std::string first(1, static_cast<char>('a' + index_of(device)));
  return write(("GPU-" + first + "0000000-1111-2222-3333-444444444444").c_str(), out, size);
}
int nvmlDeviceGetEnforcedPowerLimit(void* device, unsigned* out) {
  *out = static_cast<unsigned>(fake_setting("limit", 700.0) * 1e3);
  return enter(device);
}
int nvmlDeviceGetCudaComputeCapability(void* device, int* major, int* minor) {
  *major = static_cast<int>(fake_setting("major", 9.0));
  *minor = static_cast<int>(fake_setting("minor", 0.0));
  return enter(device);
}
int nvmlDeviceGetPowerUsage(void* device, unsigned* out) {
  if (fake_has("vgpu")) return kNotSupported;
  *out = fake_has("usage_instant") ? instant_mw(index_of(device)) : average_mw(index_of(device));
  return enter(device);
}

#ifndef BTRACK_FAKE_OLD
int nvmlDeviceGetArchitecture(void* device, unsigned* out) {
  *out = static_cast<unsigned>(fake_setting("arch", 9.0));
  return enter(device);
}
int nvmlDeviceGetMigMode(void* device, unsigned* current, unsigned* pending) {
  *current = *pending = fake_has("mig") ? 1 : 0;
  return enter(device);
}
int nvmlDeviceGetVirtualizationMode(void* device, int* out) {
  *out = fake_has("vgpu") ? 2 : 0;
  return enter(device);
}
/// "MIG-b…" is an instance of the GPU "GPU-b…".
int nvmlDeviceGetHandleByUUID(const char* uuid, void** out) {
  if (std::strncmp(uuid, "MIG-", 4) != 0 || uuid[4] < 'a') return kNotFound;
  const auto index = static_cast<unsigned>(uuid[4] - 'a');
  *out = reinterpret_cast<void*>(static_cast<std::uintptr_t>(index) + 1);
  return index < fake_devices() ? kSuccess : kNotFound;
}
int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(void* instance, void** out) {
  *out = instance;
  return kSuccess;
}
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* out) {
  if (fake_has("no_energy") || fake_has("vgpu")) return kNotSupported;
  if (const int gone = enter(device); gone != kSuccess) return gone;
  *out = static_cast<unsigned long long>(counted_j(index_of(device)) * 1e3);
  return kSuccess;
}
int nvmlDeviceGetUtilizationRates(void* device, unsigned* gpu_and_memory) {
  if (fake_setting("utilisation", -1.0) < 0.0) return kNotSupported;
  if (const int gone = enter(device); gone != kSuccess) return gone;
  gpu_and_memory[0] = static_cast<unsigned>(fake_setting("utilisation", 0.0));
  gpu_and_memory[1] = 7;
  return kSuccess;
}
int nvmlDeviceGetFieldValues(void* device, int count, FieldValue* values) {
  if (fake_has("no_fields") || fake_has("vgpu")) return kNotSupported;
  if (const int gone = enter(device); gone != kSuccess) return gone;
  for (int i = 0; i < count; ++i) fill(index_of(device), values[i]);
  return kSuccess;
}
int nvmlDeviceGetSamples(void* device, int kind, unsigned long long seen_us, int* type,
                         unsigned* count, Sample* samples) {
  constexpr unsigned kBuffer = 120;
  const bool known = kind == 0 || (kind == 7 && fake_has("scopes"));
  if (fake_has("no_samples") || fake_has("vgpu") || !known) return kNotSupported;
  if (const int gone = enter(device); gone != kSuccess) return gone;
  *type = 1;
  if (samples == nullptr) {
    *count = kBuffer;
    return kSuccess;
  }
  const std::int64_t last = tick_at(fake_now_s());
  unsigned written = 0;
  for (std::int64_t tick = last - std::min(*count, kBuffer) + 1; tick <= last; ++tick) {
    const double end = time_of(tick);
    const auto stamp = static_cast<unsigned long long>(wall_us(end));
    if (stamp <= seen_us) continue;
    samples[written++] = {stamp, milliwatts(index_of(device), end - window_s(), end)};
  }
  *count = written;
  return written == 0 ? kNotFound : kSuccess;
}
#endif
}
