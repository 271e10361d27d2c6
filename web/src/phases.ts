// SPDX-License-Identifier: Apache-2.0
// The windows of a run put together: bands for the power plot, sums for the table below it.
import { isKnown } from "./format";
import type { Energy, PhaseWindow } from "./report_data";

export interface Band {
  phase: string;
  begin: number;
  end: number;
}

/** Neighbouring windows of one phase become one band when less than 1 % of the recording lies between them. */
export function bands(windows: PhaseWindow[]): Band[] {
  const ordered = [...windows].sort((a, b) => a.begin_s - b.begin_s);
  const span = Math.max(0, ...ordered.map((w) => w.end_s)) - (ordered[0]?.begin_s ?? 0);
  const out: Band[] = [];
  for (const w of ordered) {
    const last = out[out.length - 1];
    if (last && last.phase === w.phase && w.begin_s - last.end <= 0.01 * span) last.end = Math.max(last.end, w.end_s);
    else out.push({ phase: w.phase, begin: w.begin_s, end: w.end_s });
  }
  return out;
}

export interface PhaseSum {
  phase: string;
  windows: number;
  time_s: number;
  energy: Energy;
}

/** Sum of two energies as btrack/power adds them: intervals linearly, the worse grade, missing stays missing. */
export function addEnergy(a: Energy, b: Energy): Energy {
  const flags = [...new Set([...a.flags, ...b.flags])];
  const grade = a.grade > b.grade ? a.grade : b.grade;
  if (!isKnown(a) || !isKnown(b) || a.source !== b.source) {
    return { source: "missing", grade: "F", value_j: null, low_j: null, high_j: null, coverage: [], flags, note: a.note || b.note };
  }
  return {
    source: a.source, grade, coverage: [...new Set([...a.coverage, ...b.coverage])], flags, note: a.note || b.note,
    value_j: a.value_j + b.value_j, low_j: a.low_j + b.low_j, high_j: a.high_j + b.high_j,
  };
}

/** One sum per phase, in the order in which the phases first happen. */
export function phaseSums(windows: PhaseWindow[]): PhaseSum[] {
  const sums = new Map<string, PhaseSum>();
  for (const w of [...windows].sort((a, b) => a.begin_s - b.begin_s)) {
    const sum = sums.get(w.phase);
    const time_s = w.end_s - w.begin_s;
    if (!sum) sums.set(w.phase, { phase: w.phase, windows: 1, time_s, energy: w.energy });
    else sums.set(w.phase, { ...sum, windows: sum.windows + 1, time_s: sum.time_s + time_s, energy: addEnergy(sum.energy, w.energy) });
  }
  return [...sums.values()];
}

/** The phase that runs at `time`, for the tooltip. */
export const phaseAt = (all: Band[], time: number): string | undefined =>
  all.find((band) => time >= band.begin && time <= band.end)?.phase;
