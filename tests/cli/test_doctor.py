# SPDX-License-Identifier: Apache-2.0
"""`btrack doctor`: what works, what is closed and by which line it opens, what gives nonsense."""
import json
import os
import shutil
import subprocess
import unittest

from program import ProgramTest


def zone(root, folder, name, energy):
    """One powercap zone; returns its counter."""
    path = root / "class/powercap" / folder
    path.mkdir(parents=True)
    for file, text in (("name", name), ("energy_uj", energy), ("max_energy_range_uj", "262143328850"), ("enabled", "1")):
        (path / file).write_text(text + "\n")
    return path / "energy_uj"


class Doctor(ProgramTest):
    def examined(self, *before, code):
        result = subprocess.run([*before, *self.command("--sysfs", self.folder / "sys", "doctor", "--seconds", "1", "--json")],
                                text=True, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if before and (result.returncode == 126 or "failed to execute" in result.stderr):
            self.skipTest("the build folder is not reachable for another user")
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        report = json.loads(result.stdout)
        return report, {source["driver"]: source for source in report["sources"]}

    def test_good_counters_are_healthy(self):
        root = self.folder / "sys"
        self.start_counters(root, seconds=20)
        report, sources = self.examined(code=0)
        self.assertTrue(report["healthy"])
        self.assertEqual(sources["powercap"]["state"], "works")
        for channel in sources["powercap"]["channels"]:
            self.assertEqual(channel["doubts"], [], channel)
            self.assertGreater(channel["power_w"], 0)
            self.assertLess(channel["renewed_every_s"], 0.1)

    def test_a_counter_that_stands_still_is_in_doubt(self):
        zone(self.folder / "sys", "intel-rapl:0", "package-0", "5000")
        report, sources = self.examined(code=3)
        self.assertFalse(report["healthy"])
        self.assertEqual(sources["powercap"]["state"], "doubtful")
        self.assertIn("not-renewed", sources["powercap"]["channels"][0]["doubts"])

    def test_text_in_a_counter_is_named(self):
        zone(self.folder / "sys", "intel-rapl:0", "package-0", "five")
        _, sources = self.examined(code=3)
        self.assertEqual(sources["powercap"]["state"], "malformed")
        self.assertIn("energy_uj", sources["powercap"]["reason"])

    def test_a_closed_counter_comes_with_the_administrators_line(self):
        if os.geteuid() == 0 and not shutil.which("setpriv"):
            self.skipTest("root reads everything and setpriv is absent")
        zone(self.folder / "sys", "intel-rapl:0", "package-0", "5").chmod(0)
        for folder in (self.folder, *self.folder.rglob("*")):
            if folder.is_dir():
                folder.chmod(0o755)
        as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        _, sources = self.examined(*as_user, code=3)
        self.assertEqual(sources["powercap"]["state"], "denied")
        self.assertIn("tmpfiles.d", sources["powercap"]["administrator"])

    def test_a_machine_without_counters_is_told_so(self):
        (self.folder / "sys").mkdir()
        result = self.btrack("--sysfs", "sys", "doctor", "--seconds", "0.2")
        self.assertEqual(result.returncode, 3)
        self.assertIn("ESTIMATES", result.stdout)

    def test_wrong_lengths_are_refused(self):
        for wrong in ("0", "-1", "soon"):
            self.refused("doctor", "--seconds", wrong, says="seconds")


if __name__ == "__main__":
    unittest.main()
