// SPDX-License-Identifier: Apache-2.0
// Ranges and ticks of the axes: a log axis of energies, a linear one of accuracies in per cent.

export interface LogRange {
  /** log10 of the ends */
  min: number;
  max: number;
  /** log10 of the ticks */
  ticks: number[];
}

/** Around all values (which must be positive), with room at both ends; ticks at 1, 1-2-5 or 1..9 per decade. */
export function logRange(values: number[]): LogRange {
  const logs = values.filter((v) => v > 0).map(Math.log10);
  if (logs.length === 0) return { min: 0, max: 1, ticks: [0, 1] };
  const low = Math.min(...logs);
  const high = Math.max(...logs);
  const room = Math.max(0.06 * (high - low), 0.08);
  const [min, max] = [low - room, high + room];
  const span = max - min;
  const steps = span > 3.2 ? [1] : span > 0.9 ? [1, 2, 5] : span > 0.45 ? [1, 2, 3, 4, 5, 7] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9];
  const ticks: number[] = [];
  for (let decade = Math.floor(min); decade <= Math.ceil(max); decade++) {
    for (const step of steps) {
      const tick = decade + Math.log10(step);
      if (tick >= min && tick <= max) ticks.push(tick);
    }
  }
  return { min, max, ticks };
}

export interface LinearRange {
  min: number;
  max: number;
  step: number;
}

/** Round ends and a step of 1, 2 or 5 times a power of ten around the values, about `cells` steps. */
export function linearRange(values: number[], cells: number, bounds: [number, number]): LinearRange {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const raw = Math.max(high - low, 0.5) / cells;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw) ?? 10 * power;
  let min = Math.floor(low / step) * step;
  let max = Math.ceil(high / step) * step;
  // A mark on the frame would be cut: give it a step of room.
  if (low - min < 0.35 * step) min -= step;
  if (max - high < 0.35 * step) max += step;
  const tidy = (v: number): number => Number(v.toPrecision(10));
  return { min: tidy(Math.max(min, bounds[0])), max: tidy(Math.min(max, bounds[1])), step };
}
