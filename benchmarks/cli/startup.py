#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Start-up and measuring cost of the program, against the limits of docs/method.md.

    python3 benchmarks/cli/startup.py build/release/bin/btrack

Prints the median wall time of 20 starts of `btrack --version` (limit 20 ms) and `btrack sensors` (limit 100 ms) beside
that of /bin/true, and the ratio of a CPU-bound command's wall and CPU time measured and bare (ABBA, one run).
"""
import resource
import statistics
import subprocess
import sys
import time

STARTS = 20
PAIRS = 8
LOOP = ["sh", "-c", "i=0; while [ $i -lt 1500000 ]; do i=$((i+1)); done"]


def wall(command):
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def cost(command):
    """Wall and CPU seconds of one run, children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = wall(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def start_up(btrack):
    bare = statistics.median(wall(["true"]) for _ in range(STARTS))
    for arguments, limit in ((["--version"], 0.020), (["sensors"], 0.100)):
        median = statistics.median(wall([btrack, *arguments]) for _ in range(STARTS))
        print(f"btrack {arguments[0]:<10} median of {STARTS}: {1e3 * median:6.2f} ms  limit {1e3 * limit:.0f} ms "
              f"(ratio {median / limit:.2f}); true: {1e3 * bare:.2f} ms")


def overhead(btrack):
    walls, cpus = [], []
    for pair in range(PAIRS):
        order = (False, True) if pair % 2 == 0 else (True, False)
        figures = {}
        for measured in order:
            figures[measured] = cost([btrack, "measure", "--no-store", "--", *LOOP] if measured else LOOP)
        walls.append(figures[True][0] / figures[False][0])
        cpus.append(figures[True][1] / figures[False][1])
    for name, ratios in (("wall", walls), ("CPU", cpus)):
        print(f"measured / bare command, {name}: median {statistics.median(ratios):.4f} "
              f"(min {min(ratios):.4f}, max {max(ratios):.4f}, {PAIRS} ABBA pairs)")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    start_up(sys.argv[1])
    overhead(sys.argv[1])
