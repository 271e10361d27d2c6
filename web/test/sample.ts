// SPDX-License-Identifier: Apache-2.0
// Rows and energies for the tests.
import type { Energy, Row } from "../src/report_data";

export const energy = (value: number, source: Energy["source"] = "measured"): Energy => ({
  source, grade: source === "measured" ? "C" : "E", value_j: value, low_j: value * 0.9, high_j: value * 1.1, coverage: ["c"], flags: [], note: "",
});

export const missing: Energy = { source: "missing", grade: "F", value_j: null, low_j: null, high_j: null, coverage: [], flags: [], note: "no counter" };

export const row = (label: string, accuracy: number | null, joules: number | null, more: Partial<Row> = {}): Row => ({
  run: label, workload: label, label, item_unit: "images", verdict: "accepted", reason: null, on_front: true, accuracy, parameters: 10, macs_per_item: 1,
  energy_per_1000: joules === null ? missing : energy(joules), time_per_1000_s: joules, train_energy: missing, train_time_s: null, batch: 1, prompt: 0, generate: 0, prefill: null, decode: null, scenarios: [], rates: [], latency_limit_s: null, ...more,
});
