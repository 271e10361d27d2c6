# SPDX-License-Identifier: Apache-2.0
"""`btrack measure` against a powercap tree whose true energy is known in closed form."""
import json
import os
import signal
import subprocess
import time
import unittest

from program import ProgramTest


class KnownWaveform(ProgramTest):
    """Two sockets, psys + package + core + dram and an mmio duplicate, 1 ms updates, a wrap inside the window."""

    def test_sleep_5_is_within_a_thousandth_and_counts_nothing_twice(self):
        root = self.folder / "sys"
        self.start_counters(root, "--offset-near-wrap", "3", seconds=12)
        output = self.folder / "result.json"
        result = self.btrack("--sysfs", root, "measure", "--json", "-o", output, "--", "sleep", "5")
        self.assertEqual(result.returncode, 0, result.stderr)
        record = json.loads(output.read_text())
        window = record["windows"][0]
        truth = self.truth(root, window)
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


class Neighbours(ProgramTest):
    def test_a_busy_machine_is_told(self):
        busy = [subprocess.Popen(["python3", "-c", "while True: pass"]) for _ in range(os.cpu_count())]
        try:
            result = self.btrack("measure", "--", "sleep", "1")
        finally:
            for process in busy:
                process.kill()
                process.wait()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("the machine was not quiet", result.stderr)
        row = self.json("runs", "--columns", "others_cpu_percent")[-1]
        self.assertGreater(row["others_cpu_percent"], 50)

    def test_the_command_itself_is_no_neighbour(self):
        script = "import multiprocessing as m, os, time\n" \
                 "def work():\n    end = time.monotonic() + 1\n    while time.monotonic() < end: pass\n" \
                 "all = [m.Process(target=work) for _ in range(os.cpu_count())]\n" \
                 "[p.start() for p in all]\n[p.join() for p in all]"
        result = self.btrack("measure", "--no-store", "--json", "--", "python3", "-c", script)
        facts = json.loads(result.stderr)["provenance"]
        self.assertLess(float(facts["load.others_percent"]), 85, "it had all processors, or its share of them")


class IdleBaseline(ProgramTest):
    def test_gross_idle_and_net_of_a_known_waveform(self):
        root = self.folder / "sys"
        self.start_counters(root, seconds=25)
        result = self.btrack("--sysfs", root, "measure", "--baseline", "4", "--", "sleep", "2")
        self.assertEqual(result.returncode, 0, result.stderr)
        for word in ("gross J", "net J", "cold", "before W"):
            self.assertIn(word, result.stderr)
        record = self.json("show", "latest")
        before, work, after = record["windows"]
        self.assertEqual([w["phase"] for w in record["windows"]], ["idle", "command", "idle"])
        seconds = {w["begin_ns"]: (w["end_ns"] - w["begin_ns"]) * 1e-9 for w in record["windows"]}
        power = [self.truth(root, w)["psys"] / seconds[w["begin_ns"]] for w in (before, after)]
        gross = self.truth(root, work)["psys"]
        # Before and after are equally far from the middle of the work, so the idle power there is their mean.
        net_truth = gross - (power[0] + power[1]) / 2 * seconds[work["begin_ns"]]
        idle = record["baselines"][0]
        self.assertAlmostEqual(idle["before_w"], power[0], delta=0.002 * power[0])
        self.assertAlmostEqual(idle["after_w"], power[1], delta=0.002 * power[1])
        net = work["net"][0]["energy"]
        print(f"gross {work['energy']['value_j']:.2f} J (true {gross:.2f}), net {net['value_j']:.2f} J (true {net_truth:.2f}), "
              f"interval {net['low_j']:.2f} to {net['high_j']:.2f}")
        self.assertAlmostEqual(net["value_j"], net_truth, delta=0.005 * gross)
        self.assertLessEqual(net["low_j"], net_truth)
        self.assertGreaterEqual(net["high_j"], net_truth)
        self.assertIn("short-baseline", idle["flags"])
        budget = self.json("show", "latest", "--budget")["windows"][1]
        self.assertAlmostEqual(budget["energy_j"], work["energy"]["value_j"])
        self.assertAlmostEqual(budget["net"][0]["energy_j"], net["value_j"])
        self.assertAlmostEqual(budget["net"][0]["energy_j"] + budget["net"][0]["above_j"], net["high_j"])
        self.assertIn("baseline-drift", [term["term"] for term in budget["net"][0]["terms"]])
        self.assertIn("command 0 above cold idle: ", self.btrack("show", "latest", "--budget").stdout)
        row = self.json("runs", "--columns", "energy_j,net_energy_j,idle_power_w,idle_notes")[0]
        self.assertEqual(row["net_energy_j"], net["value_j"])
        self.assertEqual(row["idle_power_w"], idle["value_w"])

    def test_without_a_baseline_the_net_is_missing_with_the_reason(self):
        self.environment["BTRACK_BASELINE"] = "30"
        self.assertEqual(self.btrack("measure", "--no-baseline", "--", "true").returncode, 0)
        record = self.json("show", "latest")
        self.assertEqual([w["phase"] for w in record["windows"]], ["command"])
        net = record["windows"][0]["net"][0]["energy"]
        self.assertEqual(net["source"], "missing")
        self.assertIsNone(net["value_j"])
        self.assertIn("--baseline", net["note"])
        self.assertIsNone(self.json("runs", "--columns", "net_energy_j")[0]["net_energy_j"])

    def test_stopped_while_idle_before_the_command_nothing_is_started_or_kept(self):
        process = subprocess.Popen(self.command("measure", "--baseline", "60", "--", "touch", "started"),
                                   env=self.environment, cwd=self.folder, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 3, errors)
        self.assertIn("before the command was started", errors)
        self.assertFalse((self.folder / "started").exists())
        self.assertEqual(self.json("runs"), [])

    def test_bad_lengths(self):
        for word in ("0", "-5", "soon", "1e9", "nan", ""):
            self.refused("measure", "--baseline", word, "--", "true", says="baseline")
            self.refused("run", "--baseline", word, "good", says="baseline")


class KindsOfEnergy(ProgramTest):
    def test_measured_modelled_and_facility_energy_are_fields_of_their_own(self):
        root = self.folder / "sys"
        self.start_counters(root, seconds=25)
        result = self.btrack("--sysfs", root, "measure", "--pue", "1.54", "--pue-u95", "0.1", "--", "sleep", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        for words in ("facility energy, PUE 1.54 +- 0.1: ", "by the model, beside the counters: ", "ESTIMATE",
                      "not measured: accelerators, if there are any; power supply loss, fans, storage, network"):
            self.assertIn(words, result.stderr)
        self.assertIn("facility energy", self.btrack("show", "latest").stdout)
        record = self.json("show", "latest")
        it = record["windows"][0]["energy"]
        facility = record["facility"]["energies"][0]["energy"]
        self.assertAlmostEqual(facility["value_j"], 1.54 * it["value_j"])
        self.assertEqual(record["unmeasured"], ["accelerators", "rest_of_node"])
        row = self.json("runs", "--columns", "energy_j,measured_energy_j,modelled_energy_j,facility_energy_j,pue,unmeasured")[0]
        self.assertEqual(row["energy_j"], it["value_j"])
        self.assertEqual(row["measured_energy_j"], it["value_j"])
        self.assertEqual(row["facility_energy_j"], facility["value_j"])
        self.assertNotEqual(row["modelled_energy_j"], it["value_j"])
        self.assertEqual(row["unmeasured"], "accelerators rest_of_node")

    def test_without_counters_nothing_is_called_measured(self):
        (self.folder / "sys").mkdir()
        self.assertEqual(self.btrack("--sysfs", "sys", "measure", "--", "sleep", "0.5").returncode, 0)
        row = self.json("runs", "--columns", "measured_energy_j,modelled_energy_j,facility_energy_j,unmeasured")[0]
        self.assertIsNone(row["measured_energy_j"])
        self.assertGreater(row["modelled_energy_j"], 0.0)
        self.assertIsNone(row["facility_energy_j"], "no PUE is assumed")
        self.assertEqual(row["unmeasured"], "processors memory accelerators rest_of_node")

    def test_bad_pues(self):
        for word in ("0.9", "11", "high", "nan", ""):
            self.refused("measure", "--pue", word, "--", "true", says="pue")
            self.refused("run", "--pue", word, "good", says="pue")
        self.refused("measure", "--pue", "1.5", "--pue-u95", "-1", "--", "true", says="pue-u95")
        self.refused("measure", "--pue-u95", "0.1", "--", "true", says="pue")


class Looped(ProgramTest):
    def test_energy_per_run_of_a_known_waveform(self):
        root = self.folder / "sys"
        self.start_counters(root, seconds=60)
        result = self.btrack("--sysfs", root, "measure", "--loop", "40", "--", "sleep", "0.05")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(" J per run (", result.stderr)
        record = self.json("show", "latest")
        loop = record["loop"]
        self.assertGreaterEqual(loop["runs"], 40)
        self.assertEqual(loop["runs"], sum(w["items"] for w in record["windows"]))
        truth = 0.0
        for window in record["windows"]:
            truth += self.truth(root, window)["psys"]
        truth /= loop["runs"]
        energy = loop["energy_per_run"]
        print(f"{loop['runs']} runs: {energy['value_j']:.4f} J per run, truth {truth:.4f} J")
        self.assertAlmostEqual(energy["value_j"], truth, delta=0.002 * truth)
        self.assertLessEqual(energy["low_j"], truth)
        self.assertGreaterEqual(energy["high_j"], truth)
        row = self.json("runs", "--columns", "loop_runs,energy_per_run_j")[0]
        self.assertEqual(row, {"loop_runs": loop["runs"], "energy_per_run_j": energy["value_j"]})

    def test_auto_repeats_until_the_asked_precision_and_a_baseline_surrounds_it(self):
        root = self.folder / "sys"
        self.start_counters(root, seconds=90)
        result = self.btrack("--sysfs", root, "measure", "--loop", "auto", "--loop-precision", "0.25", "--baseline", "2", "--",
                             "sleep", "0.02")
        self.assertEqual(result.returncode, 0, result.stderr)
        record = self.json("show", "latest")
        loop, energy = record["loop"], record["loop"]["energy_per_run"]
        self.assertEqual(loop["stop"], "target")
        self.assertLessEqual(energy["spread_j"] / energy["value_j"], 0.25)
        self.assertEqual([w["phase"] for w in record["windows"]].count("idle"), 2)
        self.assertEqual(record["windows"][0]["phase"], "idle")
        for window in record["windows"]:
            if window["phase"] == "command":
                self.assertNotEqual(window["net"][0]["energy"]["source"], "missing")

    def test_a_run_that_fails_ends_the_loop_with_its_code(self):
        result = self.btrack("measure", "--loop", "5", "--", "sh", "-c", "exit 3")
        self.assertEqual(result.returncode, 3)
        self.assertIn("code 3 in run 1 of the loop", result.stderr)
        self.assertEqual(self.json("show", "latest")["status"], "failed")

    def test_bad_loops(self):
        for word in ("0", "-3", "many", "1.5", "nan", ""):
            self.refused("measure", "--loop", word, "--", "true", says="loop")
        self.refused("measure", "--loop", "auto", "--loop-precision", "0", "--", "true", says="loop-precision")
        self.refused("measure", "--loop-precision", "0.1", "--", "true", says="loop")
        self.refused("measure", "--loop", "5", "--", "/nowhere/command", says="/nowhere/command")


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
