# SPDX-License-Identifier: Apache-2.0
"""The host's work on pictures as a workload of its own, on pictures that this file writes."""
import struct
import unittest
import zlib

from program import BIN, ProgramTest

QUICK = ("--infer-seconds", "0.05", "--repetitions", "2", "--threads", "1", "--no-report")


def png(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = b"".join(b"\0" + bytes((x * y + c) % 251 for x in range(width) for c in range(3)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Pictures(ProgramTest):
    def setUp(self):
        super().setUp()
        self.environment["BTRACK_WORKER"] = str(BIN / "btrack-worker")
        for name in ("cat", "dog"):
            (self.folder / "pictures" / name).mkdir(parents=True)
            for i in range(5):
                (self.folder / "pictures" / name / f"{i}.png").write_bytes(png(40, 30))

    def test_items_time_and_energy(self):
        result = self.btrack("run", "picture_input", "--data", "pictures", "--batch", "4", *QUICK)
        self.assertEqual(result.returncode, 0, result.stderr)
        record = self.json("show", "latest")
        self.assertEqual(record["item_unit"], "images")
        self.assertEqual(record["settings"]["infer_batch"], 4)
        self.assertEqual(record["parameters"], 0)
        facts = record["provenance"]
        self.assertEqual(facts["input.pictures"], "10", "all that are there, at most eight batches")
        self.assertEqual(facts["input.mean_pixels"], "1200")
        self.assertEqual(facts["input.mean_bytes"], str(len(png(40, 30))))
        windows = [window for window in record["windows"] if window["phase"] == "infer"]
        self.assertGreaterEqual(len(windows), 2)
        for window in windows:
            self.assertGreater(window["items"], 0)
            self.assertEqual(window["items"] % 4, 0)
            self.assertGreater(window["energy"]["value_j"], 0)

        qualities = {quality["metric"]: quality["value"] for quality in record["qualities"]}
        self.assertGreater(qualities["peak_resident_bytes"], 10 << 20)
        self.assertNotIn("ceiling_flop_per_s", qualities, "it multiplies nothing")

    def test_what_it_cannot_do(self):
        self.refused("run", "picture_input", *QUICK, code=3, says="name a folder of classes")
        run = ("run", "picture_input", "--data", "pictures")
        self.refused(*run, "--phases", "train", "--no-report", code=3, says="phase train is not offered")
        self.refused(*run, *QUICK, "--device", "cuda", code=3, says="decodes on the processor")
        self.refused("run", "picture_input", "--data", "absent", *QUICK, code=3, says="absent")
        (self.folder / "pictures/cat/3.png").write_bytes(png(40, 30)[:60])
        self.refused(*run, *QUICK, code=3, says="3.png: the PNG is broken")

    def test_it_is_listed(self):
        rows = {row["name"]: row for row in self.json("list")["workloads"]}
        self.assertEqual(rows["picture_input"]["task"], "input_pipeline")


if __name__ == "__main__":
    unittest.main()
