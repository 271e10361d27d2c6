// SPDX-License-Identifier: Apache-2.0
// Running ipmitool with a time limit, and why it may not be possible.
#include "btrack/power/ipmi_sensor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "btrack/core/child_process.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/bmc.hpp"
#include "btrack/power/dcmi_text.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/file_sensor.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kTimeout{5.0};  // BMCs answer in 10 ms to 2 s; more means that this one is stuck

Channel dcmi_channel() {
  Channel c = bmc_channel("ipmi/node", "node power (BMC, IPMI DCMI)");
  c.power_limit = Watts(65535.0);  // the field has 16 bits
  c.offset = Watts(0.5);           // whole watts
  return c;
}

/// The last line of what a program complained about: the one with the reason.
std::string_view last_line(std::string_view text) {
  text = trim(text);
  const auto end = text.rfind('\n');
  return end == std::string_view::npos ? text : trim(text.substr(end + 1));
}

Result<DcmiReading> ask(const fs::path& ipmitool, Seconds timeout) {
  ChildOptions options;
  options.argv = {ipmitool.string(), "dcmi", "power", "reading"};
  options.environment = {{"LC_ALL", "C"}};
  options.own_group = true;  // Ctrl-C ends the measured command, not our last reading
  options.die_with_parent = true;
  const auto ended = run_program(std::move(options), timeout);
  if (!ended) return fail(ended.error());
  if (ended->status.code != 0) {
    return fail(ErrorKind::io,
                fmt::format("the BMC gave no DCMI power reading: '{}' ended with code {} ({})",
                            ipmitool.string(), ended->status.code, last_line(ended->errors)),
                "try 'ipmitool dcmi power reading'; not every BMC has DCMI");
  }
  auto reading = parse_dcmi_text(ended->output);
  if (reading && !reading->active) {
    return fail(ErrorKind::unsupported, "the BMC's power measurement is deactivated",
                "switch power monitoring on in the BMC's settings");
  }
  return reading;
}

Result<fs::path> device(const fs::path& root) {
  // the three names that OpenIPMI's device has had; ipmitool tries the same
  for (const char* name : {"ipmi0", "ipmi/0", "ipmidev/0"}) {
    std::error_code ignored;
    if (fs::exists(root / name, ignored)) return root / name;
  }
  return fail(ErrorKind::not_found,
              fmt::format("there is no IPMI device ({})", (root / "ipmi0").string()),
              "on a server with a BMC an administrator types 'modprobe -a ipmi_devintf ipmi_si'; "
              "other machines have none");
}

Result<fs::path> ipmitool_on_path(const ProbeContext& context) {
  const auto path = environment_variable(context, "PATH").value_or("");
  for (const auto folder : split(path, ':')) {
    if (folder.empty()) continue;  // the working folder: not a place to run programs from
    const fs::path program = fs::path(folder) / "ipmitool";
    std::error_code ignored;
    if (fs::is_regular_file(program, ignored) && ::access(program.c_str(), X_OK) == 0) {
      return program;
    }
  }
  return fail(ErrorKind::not_found, "there is a BMC, and no program 'ipmitool' on PATH to ask it",
              "install the package ipmitool");
}

Result<std::unique_ptr<IpmiSensor>> find(const ProbeContext& context) {
  const auto found = device(context.device_root);
  if (!found) return fail(found.error());
  if (::access(found->c_str(), R_OK | W_OK) != 0) {
    return fail(ErrorKind::denied, fmt::format("we may not use {}", found->string()),
                "run as root; whoever may write to this device may also switch the machine off, "
                "so do not open it to everybody");
  }
  auto program = ipmitool_on_path(context);
  if (!program) return fail(program.error());
  return IpmiSensor::open(std::move(*program), kTimeout, clock_or_system(context.clock));
}

}  // namespace

IpmiSensor::IpmiSensor(fs::path ipmitool, Seconds timeout, const Clock& clock)
    : ipmitool_(std::move(ipmitool)), timeout_(timeout), clock_(clock), channel_(dcmi_channel()) {}

Result<std::unique_ptr<IpmiSensor>> IpmiSensor::open(fs::path ipmitool, Seconds timeout,
                                                     const Clock& clock) {
  if (const auto reading = ask(ipmitool, timeout); !reading) return fail(reading.error());
  return std::unique_ptr<IpmiSensor>(new IpmiSensor(std::move(ipmitool), timeout, clock));
}

Result<void> IpmiSensor::read(std::span<Reading> out) {
  const SteadyTime before = clock_.now();
  const auto reading = ask(ipmitool_, timeout_);
  const SteadyTime after = clock_.now();
  if (!reading) return fail(reading.error());
  const std::uint32_t flags = reading->current_w == 0 ? reading_flags::refused : reading_flags::ok;
  out[0] = {0, flags, before + (after - before) / 2, reading->current_w};
  return {};
}

DriverProbe probe_ipmi(const ProbeContext& context) {
  DriverProbe probe;
  if (auto sensor = find(context)) {
    probe.sensors.push_back(std::move(*sensor));
  } else {
    probe.absent = std::move(sensor.error());
  }
  return probe;
}

}  // namespace btrack::power
