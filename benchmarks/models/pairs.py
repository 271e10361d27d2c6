# SPDX-License-Identifier: Apache-2.0
"""Ratios of two programs on a machine that is not quiet: short pieces in the order A B B A, and the median of them."""
import math
import os
import statistics


def median_interval(values, confidence=0.95):
    """(median, low, high): order statistics that hold the median with at least that probability (binomial), or all."""
    ordered, n = sorted(values), len(values)
    outside = 0.0
    for k in range(n // 2):
        outside += 2 * math.comb(n, k) / 2 ** n
        if outside > 1 - confidence:
            return statistics.median(ordered), ordered[max(k - 1, 0)], ordered[n - max(k, 1)]
    return statistics.median(ordered), ordered[0], ordered[-1]


def abba(ours, peer, blocks):
    """[(ours, peer)] mean costs of each block; both are called without arguments and answer a cost."""
    pairs = []
    for _ in range(blocks):
        a1, b1, b2, a2 = ours(), peer(), peer(), ours()
        pairs.append(((a1 + a2) / 2, (b1 + b2) / 2))
    return pairs


def machine():
    """What a figure of this machine is reported with."""
    model = "unknown processor"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    return {"cpu": model, "cpus": os.cpu_count(), "load_1min": os.getloadavg()[0]}
