# SPDX-License-Identifier: Apache-2.0
"""Models that a user brings: TorchScript files and AOTInductor packages, good ones and every kind of bad one."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import zipfile

from program import BIN, ROOT, ProgramTest

PYTHON = pathlib.Path(os.environ.get("BTRACK_TORCH_PYTHON", ""))
QUICK = ("--infer-seconds", "0.05", "--repetitions", "2", "--threads", "1", "--no-report")
MACS = 516256
PARAMETERS = 1578  # tests/fakes/make_models.py counts them by hand
FILES = None


def setUpModule():
    global FILES
    if not PYTHON.is_file():
        raise unittest.SkipTest("this LibTorch has no Python that could write model files")
    FILES = pathlib.Path(tempfile.mkdtemp(prefix="btrack-models-"))
    unittest.addModuleCleanup(shutil.rmtree, FILES, ignore_errors=True)
    compiler = ["--package"] if shutil.which("g++") else []
    made = subprocess.run([PYTHON, ROOT / "tests/fakes/make_models.py", FILES, *compiler], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        raise AssertionError(made.stdout)


class OwnModels(ProgramTest):
    def setUp(self):
        super().setUp()
        self.environment["BTRACK_WORKER"] = str(BIN / "btrack-worker")

    def bring(self, *names):
        """Copies model files and their descriptions into the test's folder `mine`."""
        mine = self.folder / "mine"
        mine.mkdir(exist_ok=True)
        for name in names:
            shutil.copy(FILES / name, mine)
            description = (FILES / name).with_suffix(".toml")
            if description.exists():
                shutil.copy(description, mine)
        return mine

    def records(self, status="complete"):
        return [self.json("show", run["run"]) for run in self.json("runs", "--status", status)]

    def refused_alone(self, name, says, code=2):
        """Named alone it is one sentence that names the file."""
        result = self.refused("run", self.bring(name) / name, *QUICK, code=code, says=says)
        self.assertIn(name.rsplit(".", 1)[0], result.stderr)
        return result


class Good(OwnModels):
    def test_a_folder_is_measured_like_any_suite(self):
        names = ["frozen.pt", "good.pt", "parts.pt"]
        if (FILES / "good.pt2").exists():
            names.insert(2, "good.pt2")
        # long enough for its energy on a busy machine
        result = self.btrack("run", f"{self.bring(*names)}/", "--infer-seconds", "0.2", *QUICK[2:-1])
        self.assertEqual(result.returncode, 0, result.stderr)
        page = pathlib.Path(result.stdout.strip().splitlines()[-1].split("Report: ")[1]).read_text()
        records = {record["settings"]["workload"]: record for record in self.records()}
        self.assertEqual(len(records), len(names))
        for name in ("good.pt", "good.pt2", "frozen.pt"):
            if name not in names:
                continue
            self.assertIn(name, page)
            record = records[name]
            windows = [window for window in record["windows"] if window["phase"] == "infer"]
            self.assertGreaterEqual(len(windows), 2)
            for window in windows:
                self.assertEqual(window["items"] % 4, 0, "whole batches of four")
                self.assertGreater(window["items"], 0)
                self.assertGreater(window["energy"]["value_j"], 0)
            self.assertEqual(record["settings"]["file"], str(self.folder / "mine" / name))
            self.assertEqual(record["settings"]["infer_batch"], 4)
            self.assertIn("unknown", record["provenance"]["memory.activations"])
        good = records["good.pt"]
        self.assertEqual(good["parameters"], PARAMETERS)
        self.assertEqual(good["checks"], [{"name": "parameters", "expected": PARAMETERS, "actual": PARAMETERS},
                                          {"name": "macs", "expected": MACS, "actual": MACS}])
        self.assertEqual(good["item_unit"], "images")
        for name in ("good.pt", "frozen.pt"):
            self.assertEqual(records[name]["macs_per_item"], MACS)
            self.assertEqual(records[name]["provenance"]["model.macs"], "counted from its operators")
        cells = {row["workload"]: row for row in self.json("runs", "--columns", "workload,peak_memory_bytes,infer_mfu_percent")}
        for name in names:
            self.assertGreater(cells["two parts.pt" if name == "parts.pt" else name]["peak_memory_bytes"], 10 << 20)
        self.assertGreater(cells["good.pt"]["infer_mfu_percent"], 0)
        # 1,578 parameters, running mean and variance of 8, and a counter of 8 bytes
        self.assertEqual(good["provenance"]["memory.values_bytes"], str(4 * (PARAMETERS + 16) + 8))
        self.assertEqual(records["frozen.pt"]["parameters"], 0, "a frozen module has no parameters to count")
        self.assertNotIn("memory.values_bytes", records["frozen.pt"]["provenance"])
        self.assertEqual(records["two parts.pt"]["item_unit"], "tokens")
        for window in records["two parts.pt"]["windows"]:
            self.assertEqual(window["items"] % 6, 0)
        if "good.pt2" in names:
            self.assertEqual(records["good.pt2"]["provenance"]["model.format"], "AOTInductor")
            self.assertEqual(records["good.pt2"]["parameters"], PARAMETERS)
            self.assertEqual(records["good.pt2"]["provenance"]["model.parameters"], "as described, not counted")
            self.assertEqual(records["good.pt2"]["provenance"]["model.macs"], "as described, not counted")

    def test_what_cannot_be_counted_says_so(self):
        result = self.btrack("run", self.bring("forked.pt", "eight.pt"), *QUICK)
        self.assertEqual(result.returncode, 0, result.stderr)
        records = {record["settings"]["workload"]: record for record in self.records()}
        self.assertEqual(records["forked.pt"]["provenance"]["model.macs"], "not counted: there is no rule for a forked task")
        self.assertEqual(records["forked.pt"]["macs_per_item"], 0)
        self.assertEqual(records["eight.pt"]["provenance"]["model.macs"], "as described, not counted")
        self.assertEqual(records["eight.pt"]["macs_per_item"], MACS)

    def test_the_batch_can_be_named(self):
        mine = self.bring("good.pt")
        self.assertEqual(self.btrack("run", mine / "good.pt", "--batch", "7", *QUICK).returncode, 0)
        (self.folder / "s.toml").write_text("[defaults]\nthreads = 1\ninfer_seconds = 0.05\nrepetitions = 2\n"
                                            "[[run]]\nfile = 'mine/good.pt'\ninfer_batch = 9\n"
                                            "[[run]]\nworkload = 'mlp_64'\nscale = 'tiny'\n")
        result = self.btrack("run", "s.toml", "--no-report")
        self.assertEqual(result.returncode, 0, result.stderr)
        batches = [record["settings"]["infer_batch"] for record in self.records()
                   if record["settings"]["workload"] == "good.pt"]
        self.assertEqual(sorted(batches), [7, 9])

    def test_the_worker_describes_without_loading(self):
        mine = self.bring("good.pt", "state.pt")
        asked = subprocess.run([BIN / "btrack-worker", "--describe", mine / "good.pt", mine / "state.pt"], text=True,
                               stdout=subprocess.PIPE, check=True)
        good, state = json.loads(asked.stdout)
        self.assertEqual(good["name"], "good.pt")
        self.assertEqual(good["format"], "TorchScript")
        self.assertEqual(good["input"], "image 3x32x32")
        self.assertEqual(good["defaults"]["infer_batch"], 4)
        with zipfile.ZipFile(mine / "good.pt") as archive:
            self.assertEqual(good["stored_bytes"], sum(entry.file_size for entry in archive.infolist()))
        self.assertEqual(state["error"]["kind"], "malformed")


class Bad(OwnModels):
    def test_files_that_are_no_model(self):
        self.refused("run", "gone.pt", says="there is no model file")
        self.refused_alone("torn.pt", "damaged or cut short")
        self.refused_alone("text.pt", "is no model file; export it with torch.jit.trace")
        self.refused_alone("state.pt", "a pickle of torch.save (such as a state_dict), not TorchScript")
        self.refused_alone("pickle.pt", "is a pickle of torch.save, not TorchScript")
        (self.folder / "none").mkdir()
        self.refused("run", "none/", says="holds no model file")

    def test_descriptions(self):
        self.refused_alone("alone.pt", "alone.pt has no description")
        self.refused_alone("size.pt", "size.toml:3: a size in 'shape' must be \"batch\" or a whole number")
        self.refused_alone("type.pt", "there is no dtype 'float8'")

    def test_what_shows_only_when_it_is_called(self):
        self.refused_alone("shape.pt", "expected input[1, 4, 32, 32] to have 3 channels", code=3)
        self.refused_alone("more.pt", "more.pt refuses the inputs of more.toml", code=3)
        self.refused_alone("nan.pt", "the answer of nan.pt holds NaN", code=3)
        self.refused_alone("count.pt", f"count.pt has {PARAMETERS} parameters, and count.toml expects 17", code=3)
        self.refused_alone("macs.pt", f"macs.pt needs {MACS} multiply-adds an item, and macs.toml expects 17", code=3)
        self.refused_alone("sum.pt", "sum.toml expects 1000", code=3)

    def test_options_that_mean_nothing_to_a_file(self):
        good = self.bring("good.pt") / "good.pt"
        for options, says in ((["--phases", "train,infer"], "phase train is not offered"),
                              (["--precision", "bf16"], "it runs in a precision of its own"),
                              (["--batch", "auto"], "what a larger batch needs is not known"),
                              (["--variant", "8"], "it has no variants, profiles and scales"),
                              (["--weights", "w.safetensors"], "it begins with no other weights"),
                              (["--data", "."], "its inputs are noise")):
            self.refused("run", good, *options, *QUICK, code=3, says=says)
        description = good.with_suffix(".toml")
        description.write_text(description.read_text().replace('"batch"', "4"))
        self.refused("run", good, "--batch", "8", *QUICK, code=3, says="takes 4 samples a call, not 8")
        self.assertEqual(self.btrack("run", good, *QUICK).returncode, 0)

    def test_memory_that_its_activations_do_not_get(self):
        """The machine has it, the process may not; 30,000 images are 0.7 GiB, their first activations 2 GiB more."""
        worker = self.folder / "worker"
        worker.write_text(f"#!/bin/sh\nulimit -v {3 << 20}\nexec {BIN}/btrack-worker \"$@\"\n")
        worker.chmod(0o755)
        self.environment["BTRACK_WORKER"] = str(worker)
        result = self.refused("run", self.bring("good.pt") / "good.pt", "--batch", "30000", *QUICK, code=3,
                              says="out of memory: good.pt (")
        self.assertIn("lower infer_batch", result.stderr)

    def test_a_campaign_goes_on(self):
        bad = ["alone.pt", "nan.pt", "shape.pt", "size.pt", "state.pt", "torn.pt"]
        result = self.btrack("run", self.bring("good.pt", *bad), *QUICK)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("6 of 7 runs did not finish", result.stderr)
        self.assertEqual([record["settings"]["workload"] for record in self.records()], ["good.pt"])
        failures = {record["settings"]["workload"]: record["failure"] for record in self.records("failed")}
        self.assertEqual(sorted(failures), bad)
        for name, failure in failures.items():
            self.assertIn(name.rsplit(".", 1)[0], failure["message"])
            self.assertNotIn("\n", failure["message"])
            self.assertTrue(failure["remedy"])


class Packages(OwnModels):
    def setUp(self):
        super().setUp()
        if not (FILES / "good.pt2").exists():
            self.skipTest("g++ is not installed: no package could be compiled")

    def changed(self, ending, change):
        """good.pt2 with the record of that ending changed."""
        path = self.bring("good.pt2") / "good.pt2"
        other = path.with_name("other.pt2")
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w", zipfile.ZIP_STORED) as target:
            for name in source.namelist():
                content = source.read(name)
                target.writestr(name, change(content) if name.endswith(ending) else content)
        shutil.copy(path.with_suffix(".toml"), other.with_suffix(".toml"))
        return other

    def test_of_another_device(self):
        other = self.changed("_metadata.json", lambda text: text.replace(b'"cpu"', b'"cuda"'))
        self.refused("run", other, *QUICK, code=3, says="other.pt2 was compiled for cuda, and this run is on cpu")

    def test_of_another_libtorch(self):
        source = self.folder / "later.c"
        source.write_text("void aoti_torch_of_the_future(void);\nvoid run(void) { aoti_torch_of_the_future(); }\n")
        library = self.folder / "later.so"
        subprocess.run(["g++", "-x", "c", "-shared", "-fPIC", "-o", library, source], check=True)
        other = self.changed(".so", lambda _: library.read_bytes())
        result = self.refused("run", other, *QUICK, code=3, says="other.pt2 does not fit LibTorch")
        self.assertIn("compile it again", result.stderr)

    def test_shapes_that_it_was_not_compiled_for(self):
        path = self.bring("good.pt2") / "good.pt2"
        description = path.with_suffix(".toml")
        description.write_text(description.read_text().replace("3, 32", "4, 32").split("[check]")[0])
        self.refused("run", path, *QUICK, code=3, says="expected: 3, but got: 4")

    def test_not_compiled(self):
        self.refused_alone("exported.pt2", "is an exported program that is not compiled")


if __name__ == "__main__":
    unittest.main()
