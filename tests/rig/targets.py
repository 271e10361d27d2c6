# SPDX-License-Identifier: Apache-2.0
# `btrack rig` with its targets as assertions.
"""targets.py BTRACK [OPTION...]: the options go to `btrack rig`."""

import json
import subprocess
import sys

run = subprocess.run([sys.argv[1], "rig", "--json", *sys.argv[2:]], stdout=subprocess.PIPE, check=False)
if run.returncode not in (0, 3):
    sys.exit(f"btrack rig ended with {run.returncode}")
report = json.loads(run.stdout)
broken = []
for target in report["targets"]:
    state = "met" if target["met"] else "MISSED"
    print(f"{state:>6}  {target['name']}: {target['measured']} (wanted {target['wanted']})")
    if state == "MISSED":
        broken.append(target["name"])
if len(report["targets"]) < 15:
    broken.append(f"only {len(report['targets'])} targets were tried")
sys.exit("\n".join(broken) if broken else 0)
