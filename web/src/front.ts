// SPDX-License-Identifier: Apache-2.0
// The rows as points of the charts, and the line of the front.
import { isKnown } from "./format";
import type { Energy, ReportData, Row, Run } from "./report_data";

export interface Point {
  row: number;
  accuracy: number;
  energy: number;
  low: number;
  high: number;
}

/** Rows that have both an accuracy and an energy. */
export function points(rows: Row[]): Point[] {
  return rows.flatMap((row, index) => {
    const energy = row.energy_per_1000;
    if (row.accuracy === null || !isKnown(energy) || energy.value_j <= 0) return [];
    return [{ row: index, accuracy: row.accuracy, energy: energy.value_j, low: energy.low_j, high: energy.high_j }];
  });
}

/**
 * The front's line in the plane of accuracy and energy, by rising energy. A row that only its time puts on the
 * front is left off the line: joining it would make the line turn back.
 */
export function frontLine(rows: Row[], all: Point[]): Point[] {
  const front = all
    .filter((p) => rows[p.row]?.on_front)
    .sort((a, b) => a.energy - b.energy || b.accuracy - a.accuracy);
  let best = -Infinity;
  return front.filter((p) => {
    if (p.accuracy <= best) return false;
    best = p.accuracy;
    return true;
  });
}

export const runOf = (data: ReportData, row: Row): Run | undefined => data.runs.find((run) => run.id === row.run);

/** Is any inference or training energy of the rows known at all? */
export const anyEnergy = (data: ReportData): boolean =>
  data.rows.some((row) => isKnown(row.energy_per_1000) || isKnown(row.train_energy));

/** Every energy that the page's tables show. */
export const shownEnergies = (data: ReportData): Energy[] =>
  data.rows
    .flatMap((row) => [row.energy_per_1000, row.train_energy, row.prefill?.energy_per_token, row.decode?.energy_per_token, ...row.scenarios.map((scenario) => scenario.energy_per_query)])
    .filter((energy): energy is Energy => !!energy && isKnown(energy));
