# SPDX-License-Identifier: Apache-2.0
"""Running the built programs in a store and home of their own."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

BIN = pathlib.Path(os.environ["BTRACK_BIN"])
ROOT = pathlib.Path(__file__).resolve().parents[2]
FAKE_WORKER = ROOT / "tests" / "fakes" / "fake_worker.py"


class ProgramTest(unittest.TestCase):
    """Each test gets a fresh folder, also as home; nothing of the user's is touched."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="btrack-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = {**os.environ, "HOME": str(self.folder), "BTRACK_STORE": str(self.folder / "results.db"),
                            "BTRACK_WORKER": str(FAKE_WORKER)}

    def command(self, *arguments):
        return [str(BIN / "btrack"), *map(str, arguments)]

    def btrack(self, *arguments, **options):
        options = {"timeout": 120, **options}
        return subprocess.run(self.command(*arguments), env=self.environment, cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, **options)

    def json(self, *arguments):
        result = self.btrack(*arguments, "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def refused(self, *arguments, code=2, says=""):
        """One sentence on stderr, that exit code, nothing on stdout."""
        result = self.btrack(*arguments)
        self.assertEqual(result.returncode, code, result.stderr + result.stdout)
        lines = [line for line in result.stderr.splitlines() if line.startswith("btrack: ")]
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertIn(says, result.stderr)
        self.assertNotIn("Traceback", result.stderr)
        return result

    def start_counters(self, root, *options, seconds):
        """Powercap zones below `root` whose true energy is known, for that long: two sockets, psys, a duplicate."""
        fake = subprocess.Popen([str(BIN / "btrack-fake-powercap"), str(root), "--seconds", str(seconds), *options], text=True,
                                stdout=subprocess.PIPE)
        self.addCleanup(fake.communicate)
        self.addCleanup(fake.kill)
        self.assertEqual(fake.stdout.readline().strip(), "ready")

    def truth(self, root, window):
        """Joules of each domain of those counters in a record's window, in closed form."""
        return json.loads(subprocess.run(
            [str(BIN / "btrack-fake-powercap"), str(root), "--truth", str(window["begin_ns"]), str(window["end_ns"])],
            text=True, check=True, stdout=subprocess.PIPE).stdout)
