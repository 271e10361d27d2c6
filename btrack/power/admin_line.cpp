// SPDX-License-Identifier: Apache-2.0
// One row for each driver and kind of refusal that a line can mend.
#include "btrack/power/admin_line.hpp"

#include <algorithm>
#include <array>

namespace btrack::power {
namespace {

struct Row {
  std::string_view driver;
  ErrorKind kind;
  std::string_view line;
};

// tmpfiles.d(5), type z: mode and group of what is there, at each boot. setcap(8): until the
// program is replaced. render, video: the groups of /dev/kfd and /dev/dri in Debian, Ubuntu, RHEL
// and SLES.
constexpr std::array kRows{
    Row{"daemon", ErrorKind::denied, "sudo usermod -aG btrack \"$USER\""},
    Row{"powercap", ErrorKind::denied,
        "sudo sh -c 'groupadd -f btrack; echo \"z /sys/class/powercap/*/energy_uj 0440 root "
        "btrack\" "
        ">/etc/tmpfiles.d/btrack-powercap.conf; systemd-tmpfiles --create btrack-powercap.conf'; "
        "sudo usermod -aG btrack \"$USER\""},
    Row{"perf", ErrorKind::denied,
        "sudo sh -c 'echo kernel.perf_event_paranoid=0 >/etc/sysctl.d/60-btrack.conf; sysctl -p "
        "/etc/sysctl.d/60-btrack.conf'"},
    Row{"msr", ErrorKind::denied,
        "sudo setcap cap_sys_rawio,cap_dac_read_search+ep \"$(command -v btrack)\""},
    Row{"hwmon", ErrorKind::denied,
        "sudo sh -c 'groupadd -f btrack; echo \"z /sys/class/hwmon/*/energy*_input 0440 root "
        "btrack\" "
        ">/etc/tmpfiles.d/btrack-hwmon.conf; systemd-tmpfiles --create btrack-hwmon.conf'; "
        "sudo usermod -aG btrack \"$USER\""},
    Row{"nvml", ErrorKind::denied,
        "sudo sh -c 'echo options nvidia NVreg_DeviceFileMode=0666 >/etc/modprobe.d/btrack.conf; "
        "chmod a+rw /dev/nvidiactl /dev/nvidia[0-9]*'"},
    Row{"amd_smi", ErrorKind::denied, "sudo usermod -aG render,video \"$USER\""},
    Row{"level_zero", ErrorKind::denied, "sudo usermod -aG render,video \"$USER\""},
};

}  // namespace

std::string_view admin_line(std::string_view driver, ErrorKind kind) {
  const auto* row = std::ranges::find_if(
      kRows, [&](const Row& r) { return r.driver == driver && r.kind == kind; });
  return row == kRows.end() ? std::string_view() : row->line;
}

}  // namespace btrack::power
