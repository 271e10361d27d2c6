# SPDX-License-Identifier: Apache-2.0
"""Whole suites as tiny variants through the real worker, and what is said about their figures."""
import json
import unittest

from program import BIN, ProgramTest


class TinySuites(ProgramTest):
    def setUp(self):
        super().setUp()
        self.environment["BTRACK_WORKER"] = str(BIN / "btrack-worker")

    def run_suite(self, *arguments):
        result = self.btrack("run", *arguments, "--no-report", timeout=850)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_the_whole_modern_set(self):
        shown = self.run_suite("modern-tiny")
        rows = self.json("runs", "--columns", "run,workload,status")
        self.assertGreaterEqual(len(rows), 20)
        self.assertEqual({row["status"] for row in rows}, {"complete"})
        self.assertIn("not benchmark figures", shown)
        self.assertIn("1,000 of the model's own items", " ".join(shown.split()))
        self.assertNotIn("AI Benchmark", shown)

    def test_ai_benchmark_has_no_score_at_scale_tiny(self):
        shown = self.run_suite("ai-benchmark", "--scale", "tiny", "--epochs", "1", "--infer-seconds", "0.02", "--json")
        outcome = json.loads(shown)["ai_benchmark"]
        self.assertIsNone(outcome["total"])
        self.assertEqual([part["key"] for part in outcome["statements"]], ["score.refused", "score.scale"])
        self.assertEqual(outcome["statements"][1]["values"]["tests"], "42 / 42")


if __name__ == "__main__":
    unittest.main()
