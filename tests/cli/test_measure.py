# SPDX-License-Identifier: Apache-2.0
"""`btrack measure` against a powercap tree whose true energy is known in closed form."""
import json
import signal
import subprocess
import unittest

from program import BIN, ProgramTest


class KnownWaveform(ProgramTest):
    """Two sockets, psys + package + core + dram and an mmio duplicate, 1 ms updates, a wrap inside the window."""

    def test_sleep_5_is_within_a_thousandth_and_counts_nothing_twice(self):
        root = self.folder / "sys"
        fake = subprocess.Popen([str(BIN / "btrack-fake-powercap"), str(root), "--seconds", "12", "--offset-near-wrap", "3"], text=True,
                                stdout=subprocess.PIPE)
        self.addCleanup(fake.communicate)
        self.addCleanup(fake.kill)
        self.assertEqual(fake.stdout.readline().strip(), "ready")
        output = self.folder / "result.json"
        result = self.btrack("--sysfs", root, "measure", "--json", "-o", output, "--", "sleep", "5")
        self.assertEqual(result.returncode, 0, result.stderr)
        record = json.loads(output.read_text())
        window = record["windows"][0]
        truth = json.loads(subprocess.run(
            [str(BIN / "btrack-fake-powercap"), str(root), "--truth", str(window["begin_ns"]), str(window["end_ns"])],
            text=True, check=True, stdout=subprocess.PIPE).stdout)
        total = window["energy"]
        error = total["value_j"] / truth["psys"] - 1.0
        print(f"total {total['value_j']:.4f} J, truth {truth['psys']:.4f} J, error {100 * error:+.4f} %, "
              f"flags {total['flags']}, covers {total['coverage']}")
        self.assertLess(abs(error), 0.001)
        self.assertLessEqual(total["low_j"], truth["psys"])
        self.assertGreaterEqual(total["high_j"], truth["psys"])
        self.assertEqual(len(total["coverage"]), 1, "psys alone: everything else is inside it")
        self.assertTrue(any("wrap" in flag for channel in window["channels"]
                            for flag in channel["energy"]["flags"]), "the wrap inside the window was seen")


class PassThrough(ProgramTest):
    def test_exit_code_streams_and_arguments_are_the_commands_own(self):
        result = self.btrack("measure", "--", "sh", "-c", "echo out; echo err >&2; exit 7", "--json")
        self.assertEqual(result.returncode, 7)
        self.assertEqual(result.stdout, "out\n")
        self.assertTrue(result.stderr.startswith("err\n"))

    def test_standard_input_reaches_the_command(self):
        result = subprocess.run(self.command("measure", "--", "cat"), env=self.environment, input="hello", text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(result.stdout, "hello")

    def test_a_signal_reaches_the_command_and_comes_back_as_128_plus_n(self):
        process = subprocess.Popen(self.command("measure", "--", "sh", "-c", "trap 'exit 9' TERM; echo up; "
                                                "while :; do sleep 0.05; done"),
                                   env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), "up\n")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 9, errors)
        self.assertEqual(self.btrack("measure", "--", "sh", "-c", "kill -KILL $$").returncode, 137)

    def test_a_command_that_is_not_there(self):
        self.refused("measure", "--", "/nowhere/command", says="/nowhere/command")

    def test_the_result_is_kept_and_is_never_a_silent_zero(self):
        (self.folder / "sys").mkdir()
        self.assertEqual(self.btrack("--sysfs", "sys", "measure", "--", "sleep", "0.5").returncode, 0)
        total = self.json("show", "latest")["windows"][0]["energy"]
        self.assertEqual(total["source"], "estimated")
        self.assertEqual(total["grade"], "E")
        self.assertGreater(total["value_j"], 0.0)
        self.assertLess(total["low_j"], total["value_j"])
        self.assertGreater(total["high_j"], total["value_j"])


if __name__ == "__main__":
    unittest.main()
