# SPDX-License-Identifier: Apache-2.0
"""A disk that fills up under store and report: one sentence, nothing half-written, earlier results as they were."""
import os
import subprocess
import unittest

from program import ProgramTest

QUICK = ("--infer-seconds", "0.05")


class FullDisk(ProgramTest):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", self.disk], stderr=subprocess.DEVNULL)
        if mounted.returncode != 0:
            self.skipTest("only root can mount a small disk")
        self.addCleanup(subprocess.run, ["umount", self.disk])
        self.environment["BTRACK_STORE"] = str(self.disk / "results.db")
        self.assertEqual(self.btrack("run", "good", *QUICK, "--no-report").returncode, 0)

    def leave(self, room):
        """Fills the disk but for so many bytes."""
        filler = self.disk / "filler"
        filler.unlink(missing_ok=True)
        disk = os.statvfs(self.disk)
        filler.write_bytes(b"\0" * (disk.f_bavail * disk.f_frsize - room))

    def expect_intact(self, runs=1):
        """With room again the store is whole, and nothing lies beside it."""
        (self.disk / "filler").unlink()
        self.assertEqual([run["status"] for run in self.json("runs")], ["complete"] * runs)
        self.assertEqual(self.btrack("run", "good", *QUICK, "--no-report").returncode, 0)
        self.assertEqual(len(self.json("runs")), runs + 1)
        self.assertEqual(sorted(path.name for path in self.disk.iterdir() if path.name != "reports"), ["results.db"])

    def test_full_before_the_run(self):
        for room in (0, 8 << 10, 24 << 10):
            self.leave(room)
            self.refused("run", "good", *QUICK, says="cannot grow: the disk is full")
        self.leave(0)
        self.refused("runs", says="the disk is full")
        self.expect_intact()

    def test_full_in_the_middle_of_a_campaign(self):
        """Some runs of fifteen fit."""
        self.leave(128 << 10)
        result = self.refused("run", *["good"] * 15, *QUICK, "--repetitions", "2", code=3, says="the runs before this one are kept")
        self.assertIn("the disk is full", result.stderr)
        self.assertIn("free some space on that disk, then go on with `btrack run --resume ", result.stderr)
        (self.disk / "filler").unlink()
        before = self.json("runs")
        self.assertGreater(len(before), 1)
        again = self.btrack("run", "--resume", result.stderr.split("--resume ")[1].split("`")[0], "--no-report")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual([run["status"] for run in self.json("runs")], ["complete"] * 16)

    def test_full_when_the_report_is_written(self):
        self.leave(140 << 10)
        result = self.refused_after_output("run", "good", *QUICK)
        self.assertIn("No space left on device; free some space on that disk", result.stderr)
        self.assertEqual(list((self.disk / "reports").iterdir()), [])
        self.expect_intact(runs=2)

    def refused_after_output(self, *arguments):
        result = self.btrack(*arguments)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(sum(line.startswith("btrack: ") for line in result.stderr.splitlines()), 1, result.stderr)
        return result

    def test_full_under_another_report(self):
        page = self.disk / "page.html"
        page.write_text("of yesterday")
        self.leave(40 << 10)
        self.assertEqual(self.btrack("report", "--all", "-o", page).returncode, 2)
        self.assertEqual(page.read_text(), "of yesterday")
        self.assertEqual([path.name for path in self.disk.glob(".*.part")], [])


if __name__ == "__main__":
    unittest.main()
