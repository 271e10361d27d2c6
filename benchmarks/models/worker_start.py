#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Start of btrack-worker up to its first item, beside `python -c "import torch"`; both in one run, ABBA.

    python3 benchmarks/models/worker_start.py --worker build/full/bin/btrack-worker

Run it with the Python whose `torch` the worker was built with. Ours: from starting the program to the end of the first
measured batch (the workload prepared, warmed up). The peer has imported the library then, and built nothing. The ratio
is the median over blocks of A B B A of (ours / import), with its 95 % interval; limit 1.5.
"""
import argparse
import statistics
import subprocess
import sys
import time

from pairs import abba, machine, median_interval
from worker import Worker, settings_of

LIMIT = 1.5


def first_item(program, workload):
    """Seconds to the end of the first batch."""
    begin = time.monotonic_ns()
    worker = Worker(program)
    worker.prepare(settings_of(workload, "tiny", ["infer"], 1, 1))
    window = worker.windows("infer")[0]
    worker.close()
    return (window["end_ns"] - begin) / 1e9


def imported():
    begin = time.monotonic()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", default="build/release/bin/btrack-worker")
    parser.add_argument("--workload", default="lenet5")
    parser.add_argument("--blocks", type=int, default=10)
    options = parser.parse_args()
    print(*(f"{key} {value}" for key, value in machine().items()), sep=", ")
    sides = (lambda: first_item(options.worker, options.workload)), imported
    for side in sides:
        side()  # files into the page cache
    pairs = abba(*sides, options.blocks)
    ratio, low, high = median_interval([ours / peer for ours, peer in pairs])
    ours, peer = (statistics.median(column) for column in zip(*pairs))
    print(f"btrack-worker to the first item of {options.workload}: {ours:.2f} s; import torch: {peer:.2f} s")
    print(f"ratio {ratio:.2f}, 95 % interval {low:.2f}-{high:.2f}, {options.blocks} blocks (limit {LIMIT})")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
