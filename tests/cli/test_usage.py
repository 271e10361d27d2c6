# SPDX-License-Identifier: Apache-2.0
"""Help, completion, JSON and every kind of bad input, as typed by a user."""
import json
import os
import shutil
import sqlite3
import subprocess
import unittest

from program import ProgramTest

COMMANDS = ["sensors", "doctor", "list", "run", "measure", "runs", "show", "select", "report", "rig", "completion"]


class Help(ProgramTest):
    def test_every_command_explains_itself_with_examples(self):
        self.assertIn("Exit codes", self.btrack("--help").stdout)
        for command in COMMANDS:
            result = self.btrack(command, "--help")
            self.assertEqual(result.returncode, 0)
            self.assertIn("Examples:", result.stdout)
            self.assertIn("btrack " + command, result.stdout)

    def test_version_names_the_build(self):
        self.assertRegex(self.btrack("--version").stdout, r"^btrack \d+\.\d+\.\d+ \(\S+\)\n$")

    def test_completion_is_valid_shell_and_knows_the_options(self):
        for shell, check in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "-n"])):
            script = self.btrack("completion", shell).stdout
            for command in COMMANDS:
                self.assertIn(command, script)
            self.assertIn("min-accuracy", script)
            file = self.folder / shell
            file.write_text(script)
            if shutil.which(shell):
                subprocess.run([*check, str(file)], check=True)

    def test_bash_completes_an_option(self):
        (self.folder / "c").write_text(self.btrack("completion", "bash").stdout)
        script = ('source ./c; COMP_WORDS=(btrack run --min); COMP_CWORD=2; _btrack 2>/dev/null; '
                  'echo "${COMPREPLY[@]}"')
        result = subprocess.run(["bash", "-c", script], cwd=self.folder, text=True, stdout=subprocess.PIPE)
        self.assertEqual(result.stdout.strip(), "--min-accuracy")


class BadInput(ProgramTest):
    def test_unknown_words_name_the_nearest(self):
        self.refused("sensor", says="did you mean 'sensors'")
        self.refused("run", "quik", says="did you mean 'quick'")
        self.refused("run", "goood", says="did you mean 'good'")
        self.refused("runs", "--columns", "workload,accuracy_precent", says="did you mean 'accuracy_percent'")
        self.refused("run", "good", "--epoch", "3", says="--epoch")
        self.refused("run", "good", "--epochs", "0", says="epochs")
        self.refused("report", "--lang", "fr", says="lang")
        for word in ("nan", "inf", "-1", "ten"):
            self.refused("measure", "--sample-hz", word, "--", "true", says="sample-hz")
            self.refused("run", "good", "--min-accuracy", word, says="min-accuracy")

    def test_nothing_named(self):
        self.refused("run", says="nothing to run")
        self.refused("measure", says="two dashes")

    def test_malformed_suites_name_file_and_line(self):
        (self.folder / "bad.toml").write_text("title = 'x'\n[[run]]\nworkload = 'good'\nepohs = 3\n")
        self.refused("run", "bad.toml", says="bad.toml:4: unknown key 'epohs'")
        (self.folder / "torn.toml").write_text("[[run\n")
        self.refused("run", "torn.toml", says="torn.toml:1:")
        self.refused("run", "absent.toml", says="absent.toml")

    def test_a_store_that_is_not_ours_is_left_untouched(self):
        store = self.folder / "results.db"
        store.write_text("my diary, not a database\n" * 100)
        before = store.read_bytes()
        self.refused("runs", says="results.db")
        self.assertEqual(store.read_bytes(), before)
        store.unlink()
        with sqlite3.connect(store) as other:
            other.execute("CREATE TABLE recipes (name TEXT)")
        before = store.read_bytes()
        self.refused("runs", says="results.db")
        self.assertEqual(store.read_bytes(), before)

    def test_a_store_newer_than_we_are(self):
        self.assertEqual(self.btrack("runs").returncode, 0)
        with sqlite3.connect(self.folder / "results.db") as store:
            store.execute("PRAGMA user_version = 9999")
        self.refused("runs", says="9999")

    def test_an_unwritable_report_leaves_nothing(self):
        self.assertEqual(self.btrack("run", "good", "--no-report").returncode, 0)
        self.refused("report", "-o", "missing-folder/report.html", says="missing-folder/report.html")
        self.assertFalse((self.folder / "missing-folder").exists())

    def test_an_unwritable_report_is_refused_before_anything_runs(self):
        self.refused("run", "good", "--report", "missing-folder/report.html", says="missing-folder/report.html")
        self.assertEqual(self.json("runs"), [])

    def test_results_that_are_not_there(self):
        self.refused("show", "20200101", says="20200101")
        self.refused("select", says="btrack run")
        self.refused("report", "--campaign", "nope", says="nope")

    def test_errors_are_json_when_asked(self):
        result = self.btrack("run", "quik", "--json")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(json.loads(result.stderr)["error"]["kind"], "usage")

    def test_a_worker_that_knows_no_model_files(self):
        result = self.refused("run", "net.pt", code=3, says="--describe' ended with code 1 (KeyError: 'BTRACK_WORKER_FD')")
        self.assertEqual(self.json("runs"), [])
        self.assertEqual(result.stdout, "")

    def test_a_missing_worker_says_how_to_get_one(self):
        self.environment["BTRACK_WORKER"] = "/nowhere/worker"
        self.refused("run", "quick", says="/nowhere/worker")


class Sensors(ProgramTest):
    def test_a_machine_without_counters_says_so_first(self):
        (self.folder / "sys").mkdir()
        result = self.btrack("--sysfs", "sys", "sensors")
        self.assertEqual(result.returncode, 0)
        self.assertTrue(result.stdout.startswith("This machine offers no energy counter"), result.stdout)
        self.assertIn("estimate", result.stdout)
        listed = self.json("--sysfs", "sys", "sensors")
        self.assertFalse(listed["has_counter"])
        for driver in listed["drivers"]:
            if not driver["present"]:
                self.assertTrue(driver["reason"])

    def test_an_unreadable_counter_names_the_file_and_the_remedy(self):
        if os.geteuid() == 0 and not shutil.which("setpriv"):
            self.skipTest("root reads everything and setpriv is absent")
        zone = self.folder / "sys/class/powercap/intel-rapl:0"
        zone.mkdir(parents=True)
        for name, text in (("name", "package-0"), ("energy_uj", "5"), ("max_energy_range_uj", "262143328850"),
                           ("enabled", "1")):
            (zone / name).write_text(text + "\n")
        (zone / "energy_uj").chmod(0)
        for folder in (self.folder, *self.folder.rglob("*")):
            if folder.is_dir():
                folder.chmod(0o755)
        as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        result = subprocess.run([*as_user, *self.command("--sysfs", self.folder / "sys", "sensors")], text=True,
                                env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if result.returncode == 126 or "failed to execute" in result.stderr:
            self.skipTest("the build folder is not reachable for another user")
        self.assertIn("intel-rapl:0/energy_uj", result.stdout + result.stderr)


class Colour(ProgramTest):
    def test_pipes_get_none_and_always_means_always(self):
        self.assertEqual(self.btrack("run", "good", "--no-report").returncode, 0)
        self.assertNotIn("\x1b[", self.btrack("report", "--format", "console").stdout)


if __name__ == "__main__":
    unittest.main()
