# SPDX-License-Identifier: Apache-2.0
"""`btrack rig` and `btrack sensors --record` as somebody uses them who wants to check us."""
import json
import unittest

from program import ProgramTest

SMALL = ("--scenarios", "60", "--cases", "500", "--trials", "10")


class Rig(ProgramTest):
    def test_a_seed_gives_the_same_figures_again_and_another_seed_others(self):
        runs = [self.btrack("rig", "--json", *SMALL, "--seed", seed) for seed in ("5", "5", "6")]
        for run in runs:
            self.assertIn(run.returncode, (0, 3), run.stderr)
        self.assertEqual(runs[0].stdout, runs[1].stdout)
        reports = [json.loads(run.stdout) for run in runs]
        self.assertNotEqual(reports[0]["intervals"], reports[2]["intervals"])
        self.assertGreaterEqual(len(reports[0]["targets"]), 15)
        self.assertGreaterEqual(len(reports[0]["machines"]), 25)
        for machine in reports[0]["machines"]:
            self.assertEqual(machine["problems"], [], machine["name"])

    def test_the_exit_code_says_whether_every_target_was_met(self):
        run = self.btrack("rig", "--json", *SMALL)
        report = json.loads(run.stdout)
        met = all(target["met"] for target in report["targets"])
        self.assertEqual(report["met"], met)
        self.assertEqual(run.returncode, 0 if met else 3)

    def test_people_get_a_table_and_with_all_every_fault_and_machine(self):
        short = self.btrack("rig", *SMALL).stdout
        long = self.btrack("rig", *SMALL, "--all").stdout
        self.assertIn("wanted", short)
        for words in ("silent > 3 U", "every 7th read fails", "summed"):
            self.assertIn(words, long)
        self.assertGreater(len(long), len(short))

    def test_sizes_that_make_no_sense(self):
        for option in ("--scenarios", "--cases", "--trials", "--seed"):
            for word in ("0" if option != "--seed" else "x", "-1", "many"):
                self.refused("rig", option, word, says=option.strip("-"))


class Replay(ProgramTest):
    def test_what_was_recorded_replays_bit_by_bit_with_its_energy(self):
        root = self.folder / "sys"
        self.start_counters(root, seconds=20)
        recorded = self.btrack("--sysfs", root, "sensors", "--record", "t.trace", "--seconds", "2")
        self.assertEqual(recorded.returncode, 0, recorded.stderr)
        replayed = self.json("rig", "--replay", "t.trace")
        self.assertEqual(replayed["different"], 0)
        self.assertGreater(replayed["readings"], 50)
        energy = {channel["id"]: channel["energy_j"] for channel in replayed["channels"]}
        self.assertGreater(energy["powercap/psys"], energy["powercap/package-0"] + energy["powercap/package-1"])

    def test_a_recording_that_is_torn_or_is_none(self):
        (self.folder / "none.trace").write_text("my diary")
        self.refused("rig", "--replay", "none.trace", says="none.trace")
        self.refused("rig", "--replay", "absent.trace", says="absent.trace")
        (self.folder / "sys").mkdir()
        self.btrack("--sysfs", "sys", "sensors", "--record", "t.trace", "--seconds", "1")
        whole = (self.folder / "t.trace").read_bytes()
        (self.folder / "t.trace").write_bytes(whole[: len(whole) // 2])
        self.refused("rig", "--replay", "t.trace", says="t.trace")

    def test_a_recording_that_cannot_be_kept(self):
        (self.folder / "sys").mkdir()
        self.refused("--sysfs", "sys", "sensors", "--record", "no/such/t.trace", "--seconds", "0.2", says="no/such/t.trace")


if __name__ == "__main__":
    unittest.main()
