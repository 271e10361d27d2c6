# SPDX-License-Identifier: Apache-2.0
"""The real btrackd between a tree of known energy and a `btrack measure` that sees no counter of its own."""
import json
import os
import signal
import subprocess
import unittest

from program import BIN, ProgramTest


class Daemon(ProgramTest):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "root-only"
        self.socket = self.folder / "btrackd.sock"
        (self.folder / "sys").mkdir()

    def start_daemon(self, *options):
        daemon = subprocess.Popen([str(BIN / "btrackd"), "--socket", str(self.socket), "--sysfs", str(self.root), *options],
                                  text=True, stderr=subprocess.PIPE)
        self.addCleanup(daemon.communicate)
        self.addCleanup(daemon.kill)
        self.assertIn("counters at", daemon.stderr.readline())
        return daemon

    def through(self, *arguments):
        return ("--sysfs", self.folder / "sys", "--daemon", self.socket, *arguments)

    def test_the_energy_of_a_sleep_comes_through_within_its_interval(self):
        self.start_counters(self.root, seconds=30)
        daemon = self.start_daemon()
        output = self.folder / "result.json"
        result = self.btrack(*self.through("measure", "--json", "-o", output, "--", "sleep", "3"))
        self.assertEqual(result.returncode, 0, result.stderr)
        window = json.loads(output.read_text())["windows"][0]
        truth = self.truth(self.root, window)["psys"]
        total = window["energy"]
        print(f"total {total['value_j']:.4f} J, truth {truth:.4f} J, error {100 * (total['value_j'] / truth - 1):+.4f} %")
        self.assertEqual(total["coverage"], ["daemon/psys"])
        self.assertLess(abs(total["value_j"] / truth - 1), 0.005)
        self.assertLessEqual(total["low_j"], truth)
        self.assertGreaterEqual(total["high_j"], truth)
        daemon.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(timeout=10), 0)

    def test_root_is_given_up(self):
        self.start_counters(self.root, seconds=30)
        daemon = self.start_daemon()
        with open(f"/proc/{daemon.pid}/status", encoding="ascii") as status:
            fields = dict(line.split(":", 1) for line in status)
        if os.geteuid() == 0:
            self.assertNotIn("0", fields["Uid"].split())
        self.assertEqual(fields["NoNewPrivs"].strip(), "1")

    def test_without_counters_it_says_so_and_leaves_nothing(self):
        (self.root / "class").mkdir(parents=True)
        result = subprocess.run([str(BIN / "btrackd"), "--socket", str(self.socket), "--sysfs", str(self.root), "--devices",
                                 str(self.folder)], text=True, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 1)
        self.assertIn("no RAPL zone", result.stderr)
        self.assertFalse(self.socket.exists())

    def test_wrong_use_is_one_sentence(self):
        self.start_counters(self.root, seconds=30)
        for wrong in (["--resolution", "soon"], ["--group", "no-such-group-here"], ["--socket", "x" * 200], ["--nonsense"]):
            result = subprocess.run([str(BIN / "btrackd"), "--socket", str(self.socket), "--sysfs", str(self.root), *wrong],
                                    text=True, stderr=subprocess.PIPE, timeout=20)
            self.assertEqual(result.returncode, 2, (wrong, result.stderr))
            self.assertTrue(result.stderr.startswith("btrackd: "), result.stderr)


if __name__ == "__main__":
    unittest.main()
