# SPDX-License-Identifier: Apache-2.0
"""`btrack measure` on sensors that break: flagged, the rest goes on, and the record says what is missing."""
import json
import shutil
import subprocess
import time
import unittest

from program import BIN, ROOT, ProgramTest


class OnAFakeMachine(ProgramTest):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "sys"
        self.root.mkdir()

    def start_sockets(self):
        """Two sockets below psys, of known energy; returns the folder of package-1."""
        self.start_counters(self.root, seconds=30)
        zones = self.root / "class" / "powercap"
        return next(zone for zone in zones.iterdir() if (zone / "name").read_text().strip() == "package-1")

    def vendor_library(self, fake, name):
        """Found as the system's library of that name."""
        libraries = self.folder / "lib"
        libraries.mkdir(exist_ok=True)
        shutil.copy(BIN / "fakes" / f"lib{fake}.so", libraries / name)
        self.environment["LD_LIBRARY_PATH"] = str(libraries)

    def measured(self, *options, seconds=2, code=0):
        result = self.btrack("--sysfs", self.root, *options, "measure", "--json", "-o", self.folder / "r.json", "--",
                             "sleep", str(seconds))
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertNotIn("terminate called", result.stderr)
        record = json.loads((self.folder / "r.json").read_text())
        window = record["windows"][0]
        return record, window, {c["id"]: c["energy"] for c in window["channels"]}

    def finding(self, driver):
        listed = self.json("--sysfs", self.root, "sensors")
        return next(d for d in listed["drivers"] if d["driver"] == driver)

    def assert_within(self, energy, truth):
        self.assertLess(abs(energy["value_j"] / truth - 1.0), 0.01)
        self.assertLessEqual(energy["low_j"], truth)
        self.assertGreaterEqual(energy["high_j"], truth)


class BrokenSensors(OnAFakeMachine):
    def test_text_or_nothing_in_one_counter_leaves_the_others(self):
        zone = self.start_sockets()
        for content in ("five hundred\n", ""):
            zone.joinpath("energy_uj").unlink()
            zone.joinpath("energy_uj").write_text(content)
            finding = self.finding("powercap")
            self.assertEqual(finding["kind"], "malformed")
            self.assertIn("energy_uj", finding["reason"])
            _, window, channels = self.measured()
            self.assertEqual(window["energy"]["source"], "measured")
            self.assertNotIn("powercap/package-1", channels)
            self.assert_within(channels["powercap/package-0"], self.truth(self.root, window)["package-0"])

    def test_an_input_error_at_every_7th_read_costs_readings_not_energy(self):
        self.start_sockets()
        self.environment.update(LD_PRELOAD=str(BIN / "fakes" / "libfake_eio.so"), BTRACK_FAKE_EIO=str(self.root),
                                ASAN_OPTIONS="verify_asan_link_order=0")
        _, window, channels = self.measured(seconds=3)
        self.assert_within(channels["powercap/package-0"], self.truth(self.root, window)["package-0"])
        self.assertTrue(any("failed-readings" in energy["flags"] for energy in channels.values()), channels)

    def test_a_gpu_that_vanishes_is_missing_and_the_processors_are_not(self):
        self.start_sockets()
        self.vendor_library("fake_nvml", "libnvidia-ml.so.1")
        self.environment["BTRACK_FAKE_GPU"] = f"devices=2 lost=1 lost_at={time.monotonic() + 2.0:.3f}"
        _, window, channels = self.measured(seconds=6)
        self.assert_within(channels["powercap/package-0"], self.truth(self.root, window)["package-0"])
        gpus = [energy for name, energy in channels.items() if name.startswith("nvml/") and name.endswith("energy")]
        self.assertEqual(len(gpus), 2, channels.keys())
        alive = [energy for energy in gpus if energy["source"] == "measured" and energy["grade"] != "F"]
        self.assertEqual(len(alive), 1, gpus)
        self.assertTrue(window["energy"]["source"] == "missing" or window["energy"]["grade"] == "F", window["energy"])
        self.assertIn("nvml/", window["energy"]["note"])

    def test_a_library_without_newer_calls_or_no_library_at_all(self):
        self.vendor_library("fake_nvml_old", "libnvidia-ml.so.1")
        _, _, channels = self.measured()
        self.assertTrue(any(name.startswith("nvml/") and energy["source"] == "measured"
                            for name, energy in channels.items()), channels)
        (self.folder / "lib" / "libnvidia-ml.so.1").write_text("no library")
        finding = self.finding("nvml")
        self.assertFalse(finding["present"])
        self.assertEqual(finding["kind"], "unsupported")
        self.assertIn("libnvidia-ml.so.1", finding["reason"])
        _, window, _ = self.measured(seconds=0.5)
        self.assertEqual(window["energy"]["source"], "estimated")


class BrokenBmc(OnAFakeMachine):
    """A BMC over HTTPS beside two healthy sockets."""

    def setUp(self):
        super().setUp()
        self.bmc = self.folder / "bmc"
        self.bmc.mkdir()
        self.scenario("good")
        server = subprocess.Popen(["python3", str(ROOT / "tests/fakes/fake_redfish.py"), str(self.bmc)], text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        self.port = server.stdout.readline().strip()
        self.environment["BTRACK_REDFISH_PASSWORD"] = "horse-battery"
        self.configure('ca_file = "bmc/bmc.pem"')

    def scenario(self, name):
        (self.bmc / "scenario").write_text(name)

    def configure(self, trust):
        file = self.folder / "bmc.toml"
        file.write_text(f'url = "https://127.0.0.1:{self.port}"\nuser = "btrack"\ntimeout_s = 0.5\n{trust}\n')
        file.chmod(0o600)
        self.environment["BTRACK_REDFISH"] = str(file)

    def test_a_bmc_that_misbehaves_from_the_start_is_absent_with_the_reason(self):
        self.start_sockets()
        for scenario in ("stalls", "html", "no_http", "unauthorised", "busy", "drips_body"):
            with self.subTest(scenario):
                self.scenario(scenario)
                finding = self.finding("redfish")
                self.assertFalse(finding["present"])
                self.assertGreater(len(finding["reason"]), 10)
                self.assertNotIn("horse-battery", json.dumps(finding))
        _, window, channels = self.measured()
        self.assertFalse(any(name.startswith("redfish/") for name in channels))
        self.assert_within(window["energy"], self.truth(self.root, window)["psys"])

    def test_tls_that_nobody_vouches_for_is_refused_before_a_password_is_sent(self):
        self.configure("")
        finding = self.finding("redfish")
        self.assertFalse(finding["present"])
        self.assertIn("certificate", finding["reason"])
        self.assertFalse((self.bmc / "requests").exists(), "nothing was asked")

    def test_a_bmc_that_goes_bad_in_the_middle_holds_nobody_up(self):
        self.start_sockets()
        for scenario in ("stalls", "html", "resets"):
            with self.subTest(scenario):
                self.scenario("good")
                command = self.command("--sysfs", self.root, "measure", "--json", "-o", self.folder / "r.json", "--",
                                       "sleep", "4")
                started = time.monotonic()
                running = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE, text=True)
                time.sleep(2.0)
                self.scenario(scenario)
                _, errors = running.communicate(timeout=60)
                self.assertEqual(running.returncode, 0, errors)
                self.assertLess(time.monotonic() - started, 30.0)
                window = json.loads((self.folder / "r.json").read_text())["windows"][0]
                channels = {c["id"]: c["energy"] for c in window["channels"]}
                self.assert_within(channels["powercap/package-0"], self.truth(self.root, window)["package-0"])
                bmc = next(energy for name, energy in channels.items() if name.startswith("redfish/"))
                self.assertTrue(bmc["source"] == "missing" or bmc["flags"], bmc)


if __name__ == "__main__":
    unittest.main()
