# SPDX-License-Identifier: Apache-2.0
"""Weights from a file through the real worker: what does not fit fails alone, in one sentence."""
import subprocess
import unittest

from program import BIN, ProgramTest

DEFAULTS = "[defaults]\nscale = 'tiny'\nphases = ['infer']\ninfer_seconds = 0.05\nrepetitions = 1\nthreads = 1\n"


class Weights(ProgramTest):
    def setUp(self):
        super().setUp()
        self.environment["BTRACK_WORKER"] = str(BIN / "btrack-worker")
        self.weights = self.folder / "weights.safetensors"

    def export(self, settings):
        return subprocess.run([BIN / "btrack-worker", "--export", self.folder, settings], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def suite(self, *runs):
        tables = [f"[[run]]\nworkload = '{workload}'\nweights = '{weights}'\n" for workload, weights in runs]
        (self.folder / "s.toml").write_text(DEFAULTS + "".join(tables))

    def test_a_campaign_goes_on_past_files_that_do_not_fit(self):
        exported = self.export('{"workload": "llama_mini", "scale": "tiny", "target_accuracy": null}')
        self.assertEqual(exported.returncode, 0, exported.stderr)
        (self.folder / "short.safetensors").write_bytes(self.weights.read_bytes()[:-1])
        (self.folder / "text.safetensors").write_text("these are no weights")
        self.suite(("llama_mini", "text.safetensors"), ("llama_mini", "short.safetensors"),
                   ("gpt2_124m", "weights.safetensors"), ("llama_mini", "weights.safetensors"))
        result = self.btrack("run", "s.toml", "--no-report")
        self.assertEqual(result.returncode, 3, result.stderr)
        for said in ("text.safetensors: its first 8 bytes announce a header of",
                     "short.safetensors: tensor 'norm.gamma' ends at byte",
                     "weights.safetensors: it has no tensor 'positions' of shape [1024, 96], and the model has",
                     "3 of 4 runs did not finish"):
            self.assertIn(said, result.stderr)
        self.assertNotIn("crashed", result.stderr)
        self.assertEqual([row["workload"] for row in self.json("runs", "--status", "complete")], ["llama_mini"])

    def test_an_absent_file_is_one_sentence(self):
        self.refused("run", "llama_mini", "--scale", "tiny", "--weights", "absent.safetensors", code=3,
                     says="absent.safetensors")

    def test_export_refuses_what_it_cannot_do(self):
        tiny = '{"workload": "llama_mini", "scale": "tiny", "weights": "/"}'
        for settings, said in (('{"workload": "llama_min"}', "'llama_mini'"), ("{}", "no workload ''"), (tiny, "/: not a file"),
                               ('{"batch": "x"}', "batch"), ("[]", "no JSON object"), ("", "no JSON object")):
            result = self.export(settings)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
            self.assertIn(said, result.stderr)


if __name__ == "__main__":
    unittest.main()
