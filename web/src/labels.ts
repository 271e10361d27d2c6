// SPDX-License-Identifier: Apache-2.0
// Where the names of points go so that they cover neither each other nor a mark. Greedy, deterministic, in pixels.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Label {
  /** The point's centre. */
  x: number;
  y: number;
  width: number;
  height: number;
}

const GAP = 9;

function overlap(a: Box, b: Box): number {
  const w = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0;
}

function outside(box: Box, area: Box): number {
  return box.width * box.height - overlap(box, area);
}

interface Place {
  box: Box;
  cost: number;
}

/** Places around a point, the most readable first; those further off only where all near ones are taken. */
function places(label: Label): Place[] {
  const { x, y, width: w, height: h } = label;
  const at = (dx: number, dy: number): Box => ({ x: x + dx, y: y + dy, width: w, height: h });
  const near = [at(-w / 2, -h - GAP), at(-w / 2, GAP), at(GAP, -h - 3), at(-w - GAP, -h - 3), at(GAP, 3), at(-w - GAP, 3)];
  const far = [18, 34].flatMap((d) => [at(-w / 2, -h - GAP - d), at(-w / 2, GAP + d), at(GAP, -h - d), at(-w - GAP, -h - d), at(GAP, d), at(-w - GAP, d)]);
  return [...near.map((box, i) => ({ box, cost: 6 * i })), ...far.map((box, i) => ({ box, cost: 150 + 6 * i }))];
}

/**
 * The box of every label, in the order given. `hard` are marks and error bars; `soft` are lines, which a name may
 * cross before it moves away from its point.
 */
export function placeLabels(labels: Label[], hard: Box[], area: Box, soft: Box[] = []): Box[] {
  const placed: Box[] = [];
  const sum = (box: Box, others: Box[]): number => others.reduce((total, other) => total + overlap(box, other), 0);
  for (const label of labels) {
    let best: Box | undefined;
    let bestCost = Infinity;
    for (const { box, cost } of places(label)) {
      const whole = cost + 4 * sum(box, placed) + 2 * sum(box, hard) + 0.4 * sum(box, soft) + 20 * outside(box, area);
      if (whole < bestCost) [best, bestCost] = [box, whole];
    }
    placed.push(best!);
  }
  return placed;
}

/** The one of `boxes` that covers the least of `obstacles`. */
export function freest(boxes: Box[], obstacles: Box[]): number {
  const cost = boxes.map((box) => obstacles.reduce((total, other) => total + overlap(box, other), 0));
  return cost.indexOf(Math.min(...cost));
}

/** About how wide a text is at a font size: wide East Asian characters one em, others 0.64 (DejaVu Sans, the widest usual one). */
export function textWidth(text: string, fontSize: number): number {
  let em = 0;
  for (const c of text) em += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(c) ? 1 : 0.64;
  return em * fontSize + 4;
}
