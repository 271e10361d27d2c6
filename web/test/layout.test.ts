// SPDX-License-Identifier: Apache-2.0
// Axes, the front's line, label places, sorting, phases and texts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { linearRange, logRange } from "../src/axis";
import { frontLine, points } from "../src/front";
import { placeLabels } from "../src/labels";
import { addEnergy, bands, phaseSums } from "../src/phases";
import { parseReport, type PhaseWindow } from "../src/report_data";
import { nextOrder, sortedRows } from "../src/sort";
import { fill, Texts } from "../src/text";
import { energy, missing, row } from "./sample";

test("a log range holds all values and has ticks", () => {
  for (const values of [[0.01, 120], [3, 3], [1, 1.3], [5, 40]]) {
    const range = logRange(values);
    assert.ok(range.min < Math.log10(Math.min(...values)) && range.max > Math.log10(Math.max(...values)));
    assert.ok(range.ticks.length >= 2, `${values}: ${range.ticks.length} ticks`);
  }
});

test("a linear range is round and stays in its bounds", () => {
  assert.deepEqual(linearRange([84.2, 92.6], 5, [0, 100]), { min: 82, max: 94, step: 2 });
  assert.equal(linearRange([97, 99.9], 5, [0, 100]).max, 100);
});

test("points need accuracy and energy; the line never turns back", () => {
  const rows = [row("a", 0.8, 1), row("b", 0.9, 10), row("fast", 0.85, 20), row("c", 0.95, 50), row("d", 0.99, 60, { on_front: false }), row("e", null, 5), row("f", 0.9, null)];
  const all = points(rows);
  assert.deepEqual(all.map((p) => p.row), [0, 1, 2, 3, 4]);
  assert.deepEqual(frontLine(rows, all).map((p) => p.row), [0, 1, 3]);
});

test("labels of a crowd overlap neither each other nor a mark, and stay inside", () => {
  const area = { x: 0, y: 0, width: 400, height: 300 };
  const crowd = [0, 1, 2, 3].map((i) => ({ x: 200 + 14 * i, y: 150 + 6 * i, width: 70, height: 15 }));
  const marks = crowd.map(({ x, y }) => ({ x: x - 6, y: y - 6, width: 12, height: 12 }));
  const placed = placeLabels([...crowd, { x: 398, y: 2, width: 70, height: 15 }], marks, area);
  const boxes = [...placed, ...marks];
  placed.forEach((a, i) => {
    assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= 400 && a.y + a.height <= 300);
    boxes.forEach((b, k) => {
      if (i !== k) assert.ok(a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height, `${i} over ${k}`);
    });
  });
});

test("sorting keeps rows without a value last in both directions", () => {
  const rows = [row("x", 0.9, null), row("a", 0.7, 5), row("b", 0.8, 1)];
  assert.deepEqual(sortedRows(rows, { column: "energy", descending: false }), [2, 1, 0]);
  assert.deepEqual(sortedRows(rows, { column: "energy", descending: true }), [1, 2, 0]);
  assert.deepEqual(sortedRows(rows, { column: "model", descending: false }), [1, 2, 0]);
  assert.deepEqual(nextOrder({ column: "energy", descending: false }, "accuracy"), { column: "accuracy", descending: true });
  assert.deepEqual(nextOrder({ column: "energy", descending: false }, "energy"), { column: "energy", descending: true });
});

test("windows of one phase become one band and one sum", () => {
  const window = (phase: string, begin_s: number, end_s: number): PhaseWindow => ({ phase, index: 0, begin_s, end_s, items: 1, energy: energy(10) });
  const all = [window("train", 0, 10), window("infer", 12, 13), window("infer", 13, 14)];
  assert.deepEqual(bands(all), [{ phase: "train", begin: 0, end: 10 }, { phase: "infer", begin: 12, end: 14 }]);
  assert.equal(phaseSums(all)[1]!.energy.value_j, 20);
});

test("measured plus estimated, or anything plus missing, is missing", () => {
  assert.equal(addEnergy(energy(1), energy(1, "estimated")).source, "missing");
  assert.equal(addEnergy(energy(1), missing).value_j, null);
});

test("texts are filled; unknown keys show themselves", () => {
  assert.equal(fill("{a} of {b}", { a: "1", b: "2" }), "1 of 2");
  const texts = new Texts({ "row.chosen": { en: "recommended", ja: "推奨" } }, "ja");
  assert.equal(texts.named("row", "chosen"), "推奨");
  assert.equal(texts.named("row", "later"), "later");
});

test("data of another format or version is refused", () => {
  assert.throws(() => parseReport('{"format":"other"}'), /not a btrack-report/);
  assert.throws(() => parseReport('{"format":"btrack-report","version":9}'), /version 9/);
});
