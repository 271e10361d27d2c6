// SPDX-License-Identifier: Apache-2.0
// The same numbers as tests/report/format_test.cpp: page and console may not differ.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracy, dateText, duration, energyText, intervalText, joules, number, percent, points, requiredAccuracy } from "../src/format";
import { energy, missing } from "./sample";

test("three significant digits with groups", () => {
  assert.equal(number(0.012345), "0.0123");
  assert.equal(number(123456), "123,000");
  assert.equal(number(999.6), "1,000");
  assert.equal(number(-1234), "-1,230");
  assert.equal(number(NaN), "-");
  assert.equal(percent(0.912), "91.2 %");
  assert.equal(accuracy(0.8799), "87.99 %");
  assert.equal(requiredAccuracy(0.88), "88.00 %");
  assert.equal(requiredAccuracy(0.9), "90.00 %");
  assert.equal(requiredAccuracy(0.87995), "87.995 %");
  assert.equal(points(0.56), "0.56");
});

test("units follow the size", () => {
  assert.equal(joules(8.214), "8.21 J");
  assert.equal(joules(0.9996), "1.00 J");
  assert.equal(joules(12345), "12.3 kJ");
  assert.equal(duration(0.000812), "812 µs");
  assert.equal(duration(816), "13.6 min");
  assert.equal(duration(7200), "2.00 h");
});

test("an energy has its interval; a missing one is never 0 J", () => {
  assert.equal(intervalText(energy(1100)), "0.990 – 1.21 kJ");
  assert.equal(energyText(missing), "-");
  assert.equal(energyText({ ...missing, high_j: 0.2 }), "< 200 mJ");
  assert.equal(intervalText(missing), "");
});

test("dates lose seconds, not minutes", () => assert.equal(dateText("2026-11-23T02:03:04Z"), "2026-11-23 02:03"));
