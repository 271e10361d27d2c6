// SPDX-License-Identifier: Apache-2.0
// The nvml driver over a fake library: channels, relations, refusals, faults.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "btrack/power/drivers.hpp"
#include "btrack/power/relations.hpp"
#include "tests/power/fake_gpus.hpp"
#include "tests/support/allocations.hpp"

namespace btrack::power {
namespace {

using test::channel;
using test::channels_of;
using test::FakeGpus;
using test::gpu;
using test::read;
using test::reading;

constexpr const char* kFirst = "nvml/0000:3b:00.0";
constexpr const char* kSecond = "nvml/0000:3c:00.0";

DriverProbe probe(FakeGpus& gpus) { return probe_nvml(gpus.load("nvml", "fake_nvml").context()); }

std::set<std::string> total_of(const DriverProbe& found) {
  std::set<std::string> ids;
  auto channels = channels_of(found);
  relate(channels);
  for (const auto i : total_channels(channels)) ids.insert(channels[i].id);
  return ids;
}

TEST(Nvml, OneEnergyForEachGpuIsSummed) {
  FakeGpus gpus("devices=2");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 2U) << found.absent->message;
  EXPECT_FALSE(found.absent);
  EXPECT_EQ(total_of(found), (std::set{gpu(kFirst, "energy"), gpu(kSecond, "energy")}));
  const Channel energy = channel(found, gpu(kFirst, "energy"));
  EXPECT_EQ(energy.label, "NVIDIA H100 80GB HBM3 0000:3b:00.0 energy counter");
  EXPECT_EQ(energy.domain, Domain::gpu);
  EXPECT_EQ(energy.kind, ChannelKind::energy_counter);
  EXPECT_EQ(energy.power_limit, Watts(1050.0));
  EXPECT_EQ(energy.device, "0000:3b:00.0");
  EXPECT_EQ(energy.window, Seconds(0.0224));
  EXPECT_EQ(energy.note, "window-assumed");  // 22.4 of 100 ms: a prior for the counter
  for (const char* twin : {"power", "power-average", "samples"}) {
    const Channel c = channel(found, gpu(kFirst, twin));
    EXPECT_EQ(c.duplicate_of, energy.id) << twin;
    EXPECT_TRUE(c.beside) << twin;
  }
  EXPECT_EQ(channel(found, gpu(kFirst, "power-average")).window, Seconds(1.0));
}

TEST(Nvml, MemoryIsInsideTheGpuAndTheModuleAroundIt) {
  FakeGpus gpus("scopes=1");
  const auto found = probe(gpus);
  const Channel memory = channel(found, gpu(kFirst, "memory"));
  EXPECT_EQ(memory.domain, Domain::gpu_memory);
  EXPECT_EQ(memory.part_of, gpu(kFirst, "energy"));
  const Channel module = channel(found, gpu(kFirst, "module"));
  EXPECT_EQ(module.domain, Domain::module);
  EXPECT_TRUE(module.beside);
  EXPECT_EQ(channel(found, gpu(kFirst, "energy")).part_of, module.id);
  EXPECT_EQ(channel(found, gpu(kFirst, "module-samples")).duplicate_of, module.id);
  EXPECT_EQ(total_of(found), std::set{gpu(kFirst, "energy")});
}

TEST(Nvml, ADriverThatKnowsNoScopesShowsNoModule) {
  FakeGpus gpus("");  // it answers every scope with the GPU's power
  const auto found = probe(gpus);
  for (const Channel& c : channels_of(found)) EXPECT_EQ(c.domain, Domain::gpu) << c.id;
}

TEST(Nvml, WithoutACounterPowerIsIntegrated) {
  FakeGpus gpus("no_energy=1");
  const auto found = probe(gpus);
  EXPECT_EQ(total_of(found), std::set{gpu(kFirst, "power")});
  EXPECT_EQ(channel(found, gpu(kFirst, "samples")).duplicate_of, gpu(kFirst, "power"));
}

TEST(Nvml, ACounterThatPollingHarmsStandsBesideThePower) {
  FakeGpus gpus("arch=8 major=8 minor=9");
  const auto found = probe(gpus);
  EXPECT_EQ(total_of(found), std::set{gpu(kFirst, "power")});
  EXPECT_EQ(channel(found, gpu(kFirst, "energy")).note, "counter-loses-when-polled");
}

TEST(Nvml, AnOldLibraryStillGivesPowerAndSaysWhatIsMissing) {
  FakeGpus gpus("major=6 minor=1 usage_instant=1");
  const auto found = probe_nvml(gpus.load("nvml", "fake_nvml_old").context());
  ASSERT_EQ(found.sensors.size(), 1U);
  EXPECT_EQ(total_of(found), std::set{gpu(kFirst, "power")});
  EXPECT_EQ(channels_of(found).size(), 1U);
  EXPECT_EQ(channel(found, gpu(kFirst, "power")).window, Seconds(0.010));  // Pascal
  ASSERT_TRUE(found.absent);
  EXPECT_EQ(found.absent->kind, ErrorKind::incomplete);
  for (const char* call : {"nvmlDeviceGetFieldValues", "nvmlDeviceGetSamples",
                           "nvmlDeviceGetTotalEnergyConsumption"}) {
    EXPECT_NE(found.absent->message.find(call), std::string::npos) << call;
  }
}

TEST(Nvml, PowerUsageOfANewGpuIsAMeanOfOneSecond) {
  FakeGpus gpus("no_fields=1 no_energy=1 no_samples=1");
  const auto found = probe(gpus);
  EXPECT_EQ(total_of(found), std::set{gpu(kFirst, "power-average")});
  EXPECT_EQ(channel(found, gpu(kFirst, "power-average")).window, Seconds(1.0));
}

TEST(Nvml, HiddenGpusStandBeside) {
  FakeGpus gpus("devices=2");
  gpus.variable("CUDA_VISIBLE_DEVICES", "1");
  const auto found = probe(gpus);
  EXPECT_EQ(total_of(found), std::set{gpu(kSecond, "energy")});
  const Channel hidden = channel(found, gpu(kFirst, "energy"));
  EXPECT_EQ(hidden.note, "window-assumed,not-visible");
  EXPECT_NE(hidden.label.find("(not in CUDA_VISIBLE_DEVICES)"), std::string::npos);

  gpus.variable("CUDA_VISIBLE_DEVICES", "MIG-a0000000-1111-2222-3333-444444444444");
  EXPECT_EQ(total_of(probe(gpus)), std::set{gpu(kFirst, "energy")});
  gpus.variable("CUDA_VISIBLE_DEVICES", "");
  EXPECT_EQ(total_of(probe(gpus)), std::set<std::string>{});

  FakeGpus::set("devices=2 mixed=1");
  gpus.variable("CUDA_VISIBLE_DEVICES", "1");
  const auto doubtful = probe(gpus);
  ASSERT_TRUE(doubtful.absent);
  EXPECT_NE(doubtful.absent->message.find("CUDA_DEVICE_ORDER"), std::string::npos);
}

TEST(Nvml, UnderMigTheWholeGpuIsMeasuredAndThatIsSaid) {
  FakeGpus gpus("mig=1");
  const Channel energy = channel(probe(gpus), gpu(kFirst, "energy"));
  EXPECT_EQ(energy.note, "window-assumed,mig");
  EXPECT_NE(energy.label.find("whole GPU"), std::string::npos);
}

struct Refusal {
  const char* settings;
  ErrorKind kind;
  const char* remedy;
};

TEST(Nvml, RefusalsGiveReasonAndRemedy) {
  for (const Refusal& refusal :
       {Refusal{"init=9", ErrorKind::unsupported, "modprobe nvidia"},
        Refusal{"init=18", ErrorKind::unsupported, "reboot"},
        Refusal{"init=4", ErrorKind::denied, "/dev/nvidiactl"},
        Refusal{"init=999", ErrorKind::unsupported, "nvidia-smi"},
        Refusal{"devices=0", ErrorKind::not_found, "--gpus all"},
        Refusal{"vgpu=1", ErrorKind::unsupported, "measure on the host"}}) {
    FakeGpus gpus(refusal.settings);
    const auto found = probe(gpus);
    EXPECT_TRUE(found.sensors.empty()) << refusal.settings;
    ASSERT_TRUE(found.absent) << refusal.settings;
    EXPECT_EQ(found.absent->kind, refusal.kind) << refusal.settings;
    EXPECT_NE(found.absent->remedy.find(refusal.remedy), std::string::npos) << refusal.settings;
  }
  const FakeGpus none("");
  EXPECT_EQ(probe_nvml(none.context()).absent->kind, ErrorKind::not_found);
}

TEST(Nvml, ALostGpuFailsAloneAtTheStartAndLater) {
  FakeGpus gpus("devices=2");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 2U);
  EXPECT_EQ(reading(found, gpu(kFirst, "energy")).flags & reading_flags::failed, 0U);
  FakeGpus::set("devices=2 lost=0");
  for (const Reading& r : read(*found.sensors[0])) EXPECT_EQ(r.flags, reading_flags::failed);
  for (const Reading& r : read(*found.sensors[1])) {
    EXPECT_EQ(r.flags & reading_flags::failed, 0U) << r.channel;
  }
  const auto later = probe(gpus);
  EXPECT_EQ(later.sensors.size(), 1U);
  ASSERT_TRUE(later.absent);
  EXPECT_EQ(later.absent->message, "GPU 0: the GPU is lost");
}

TEST(Nvml, ImpossibleValuesAreRefused) {
  FakeGpus gpus("");
  const auto found = probe(gpus);
  reading(found, gpu(kFirst, "energy"));
  FakeGpus::set("sentinel=1");
  const Reading power = reading(found, gpu(kFirst, "power"));
  EXPECT_EQ(power.flags & reading_flags::refused, reading_flags::refused);
  EXPECT_EQ(power.count, 0xffffffffU);
  FakeGpus::set("base=2200");  // more than three times the limit
  std::this_thread::sleep_for(std::chrono::milliseconds(110));
  EXPECT_NE(reading(found, gpu(kFirst, "power")).flags & reading_flags::refused, 0U);
  FakeGpus::set("spike=1000");
  EXPECT_NE(reading(found, gpu(kFirst, "energy")).flags & reading_flags::refused, 0U);
}

TEST(Nvml, AReloadedDriverCountsFromAnew) {
  FakeGpus gpus("");
  const auto found = probe(gpus);
  const Reading before = reading(found, gpu(kFirst, "energy"));
  FakeGpus::set("reset_s=" + std::to_string(test::seconds(before.time) - 0.3));
  reading(found, gpu(kFirst, "energy"));  // may be a glitch
  std::this_thread::sleep_for(std::chrono::milliseconds(110));
  const Reading after = reading(found, gpu(kFirst, "energy"));
  EXPECT_EQ(after.flags & reading_flags::refused, 0U);
  EXPECT_LT(after.count, before.count);
}

TEST(Nvml, StampsOfRenewalsAreUsedAndThoseOfFetchesAreNot) {
  for (const auto& [stamps, used] : {std::pair{"stamps=0", false}, std::pair{"stamps=1", true},
                                     std::pair{"stamps=2", false}, std::pair{"stamps=3", false}}) {
    FakeGpus gpus(stamps);
    const auto found = probe(gpus);
    const auto energy = gpu(kFirst, "energy");
    for (int i = 0; i < 20; ++i) {
      reading(found, energy);
      std::this_thread::sleep_for(std::chrono::milliseconds(7));
    }
    // Away from an update, so that the renewal is older than the read.
    const double now = test::seconds(std::chrono::steady_clock::now());
    std::this_thread::sleep_for(std::chrono::duration<double>(0.14 - std::fmod(now, 0.1)));
    const Reading r = reading(found, energy);
    EXPECT_EQ((r.flags & reading_flags::stamped) != 0, used) << stamps;
    if (!used) continue;
    const double since_tick = std::fmod(test::seconds(r.time) + 0.05, 0.1) - 0.05;
    EXPECT_NEAR(since_tick, 0.0, 0.0005);
  }
}

TEST(Nvml, ASleepingGpuIsNotAsked) {
  FakeGpus gpus("devices=2");
  const auto sysfs = [&](const char* address, const char* status) {
    const auto base = std::filesystem::path("sys/bus/pci/devices") / address;
    gpus.tree.write(base / "vendor", "0x10de\n");
    gpus.tree.write(base / "class", "0x030200\n");
    gpus.tree.write(base / "power/runtime_status", std::string(status) + "\n");
  };
  sysfs("0000:3b:00.0", "active");
  sysfs("0000:3c:00.0", "suspended");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  EXPECT_NE(found.absent->message.find("GPU 1 sleeps"), std::string::npos);

  void* library = ::dlopen((std::string(BTRACK_BIN_DIR) + "/fakes/libfake_nvml.so").c_str(),
                           RTLD_NOW | RTLD_NOLOAD);
  ASSERT_NE(library, nullptr);
  auto* calls = reinterpret_cast<unsigned (*)()>(::dlsym(library, "btrack_fake_calls"));
  const unsigned before = calls();
  EXPECT_EQ(read(*found.sensors[0])[0].flags & reading_flags::failed, 0U);
  EXPECT_EQ(calls() - before, 2U);  // one batch of fields, one look at the samples
  sysfs("0000:3b:00.0", "suspended");
  const unsigned awake = calls();
  for (const Reading& r : read(*found.sensors[0])) EXPECT_EQ(r.flags, reading_flags::failed);
  EXPECT_EQ(calls(), awake);

  const auto asleep = probe(gpus);
  EXPECT_TRUE(asleep.sensors.empty());
  EXPECT_NE(asleep.absent->message.find("sleep"), std::string::npos);
  EXPECT_EQ(calls(), awake);
  ::dlclose(library);
}

TEST(Nvml, ReadingAllocatesNothing) {
  FakeGpus gpus("scopes=1");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  std::vector<Reading> readings(found.sensors[0]->channels().size());
  const auto before = btrack::test::allocations();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(found.sensors[0]->read(readings));
    std::this_thread::sleep_for(std::chrono::milliseconds(25));  // past the pause between fetches
  }
  EXPECT_EQ(btrack::test::allocations(), before);
}

}  // namespace
}  // namespace btrack::power
