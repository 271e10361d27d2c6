# SPDX-License-Identifier: Apache-2.0
"""Load scenarios through the real worker, and what is refused before anything is measured."""
import unittest

from program import BIN, ProgramTest

COMMON = ["--threads", "1", "--repetitions", "2", "--infer-seconds", "0.3"]


class Scenarios(ProgramTest):
    def setUp(self):
        super().setUp()
        self.environment["BTRACK_WORKER"] = str(BIN / "btrack-worker")

    def refused(self, *arguments, says):
        result = self.btrack("run", "lenet5", *COMMON, *arguments)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn(says, result.stderr)
        self.assertEqual(self.json("runs"), [])

    def test_each_scenario_has_latencies_and_energy_per_query(self):
        result = self.btrack("run", "lenet5", *COMMON, "--scenario", "offline,singlestream,multistream,server",
                             "--rate", "40", "--report", "r.html")
        self.assertEqual(result.returncode, 0, result.stderr)
        row = self.json("report")["rows"][0]
        self.assertEqual([each["phase"] for each in row["scenarios"]], ["singlestream", "multistream", "server"])
        columns = ",".join(f"{phase}_{what}" for phase in ("singlestream", "multistream", "server")
                           for what in ("queries", "latency_p50_s", "latency_p99_s", "latency_max_s"))
        cells = self.json("runs", "--columns", columns + ",server_rate_per_s,infer_latency_p50_s")[0]
        self.assertEqual(cells["server_rate_per_s"], 40)
        self.assertGreater(cells["infer_latency_p50_s"], 0)
        for phase in ("singlestream", "multistream", "server"):
            self.assertGreater(cells[f"{phase}_queries"], 1)
            self.assertLessEqual(cells[f"{phase}_latency_p50_s"], cells[f"{phase}_latency_p99_s"])
            self.assertLessEqual(cells[f"{phase}_latency_p99_s"], cells[f"{phase}_latency_max_s"] * 1.01)
        self.assertIn("Load scenarios", result.stdout)
        japanese = self.btrack("report", "--lang", "ja")
        self.assertIn("レイテンシー", japanese.stdout)

    def test_the_search_keeps_its_probes(self):
        result = self.btrack("run", "lenet5", *COMMON, "--scenario", "server", "--latency-limit", "0.01",
                             "--no-report")
        self.assertEqual(result.returncode, 0, result.stderr)
        record = self.json("show", "latest")
        probes = [w for w in record["windows"] if w["phase"] == "server_probe"]
        served = {w["rate_per_s"] for w in record["windows"] if w["phase"] == "server"}
        self.assertGreater(len(probes), 2)
        self.assertEqual(len(served), 1)
        self.assertIn(served.pop(), {w["rate_per_s"] for w in probes}, "the repetitions are at a rate that was tried")

    def test_bad_input_is_one_sentence(self):
        self.refused("--scenario", "server", says="needs a rate or a latency limit")
        self.refused("--scenario", "singlestream", "--rate", "5", says="the rate")
        self.refused("--scenario", "server", "--rate", "0", says="--rate")
        self.refused("--scenario", "server", "--latency-limit", "-1", says="--latency-limit")
        self.refused("--scenario", "burst", says="burst")


if __name__ == "__main__":
    unittest.main()
