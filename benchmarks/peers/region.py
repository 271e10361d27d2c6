# SPDX-License-Identifier: Apache-2.0
"""One region of sleep as another tool measures it: region.py codecarbon|zeus SECONDS prints one line of JSON.

Energies in J; the region's edges in ns of CLOCK_MONOTONIC; CPU seconds of this process and its children between them."""
import json
import logging
import os
import pathlib
import resource
import sys
import time


def cpu_seconds():
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="ascii").rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def sleep(seconds):
    begin = time.monotonic_ns()
    time.sleep(seconds)
    return {"begin_ns": begin, "end_ns": time.monotonic_ns()}


def codecarbon(seconds):
    from codecarbon import OfflineEmissionsTracker
    tracker = OfflineEmissionsTracker(country_iso_code="JPN", measure_power_secs=1, save_to_file=False, log_level="critical",
                                      allow_multiple_runs=True)
    before = cpu_seconds()
    tracker.start()
    edges = sleep(seconds)
    tracker.stop()
    data = tracker.final_emissions_data
    return {**edges, "cpu_s": cpu_seconds() - before, "packages_j": data.cpu_energy * 3.6e6, "total_j": data.energy_consumed * 3.6e6}


def zeus(seconds):
    from zeus.monitor import ZeusMonitor
    monitor = ZeusMonitor(gpu_indices=[], approx_instant_energy=False)
    before = cpu_seconds()
    monitor.begin_window("region")
    edges = sleep(seconds)
    window = monitor.end_window("region")
    packages = sum(window.cpu_energy.values())
    return {**edges, "cpu_s": cpu_seconds() - before, "packages_j": packages,
            "total_j": packages + sum((window.dram_energy or {}).values())}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps({"codecarbon": codecarbon, "zeus": zeus}[sys.argv[1]](float(sys.argv[2]))))
