# SPDX-License-Identifier: Apache-2.0
"""The same region on the same fake machine, measured by us and by the peers: compare.py BIN PEER-PYTHON ROOT [SECONDS].

Run by ./run, which puts the fake machine's counters in the place of /sys/class/powercap. Prints a Markdown table: each tool's
energy of the two packages and its total against the closed-form truth, and the CPU time it took."""
import json
import pathlib
import resource
import subprocess
import sys

bin_folder, python, root, seconds = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])


def output(*command):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(f"compare: {command[0]} failed: {done.stderr}")
    return done.stdout


def children_cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def btrack():
    """Its CPU time is that of the whole program, start and end included."""
    before = children_cpu_seconds()
    result = pathlib.Path(root) / "result.json"
    output(bin_folder / "btrack", "measure", "--json", "--no-store", "--no-baseline", "-o", result, "--", "sleep", seconds)
    window = json.loads(result.read_text(encoding="utf-8"))["windows"][0]
    packages = [c["energy"]["value_j"] for c in window["channels"] if c["id"] in ("powercap/package-0", "powercap/package-1")]
    return {"begin_ns": window["begin_ns"], "end_ns": window["end_ns"], "packages_j": sum(packages),
            "total_j": window["energy"]["value_j"], "cpu_s": children_cpu_seconds() - before}


def peer(name):
    return lambda: json.loads(output(python, pathlib.Path(__file__).with_name("region.py"), name, seconds).splitlines()[-1])


print("| tool | packages, error | total, error | CPU time, % of a core |\n| --- | --- | --- | --- |")
for name, measure in (("btrack", btrack), ("CodeCarbon", peer("codecarbon")), ("Zeus", peer("zeus"))):
    found = measure()
    truth = json.loads(output(bin_folder / "btrack-fake-powercap", root, "--truth", found["begin_ns"], found["end_ns"]))
    packages = sum(joules for domain, joules in truth.items() if domain in ("package-0", "package-1"))
    length = (found["end_ns"] - found["begin_ns"]) * 1e-9
    print(f"| {name} | {100 * (found['packages_j'] / packages - 1):+.3f} % | {100 * (found['total_j'] / truth['psys'] - 1):+.3f} % | "
          f"{100 * found['cpu_s'] / length:.2f} |")
