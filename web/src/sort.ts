// SPDX-License-Identifier: Apache-2.0
// The order of the table's rows.
import { isKnown } from "./format";
import type { Row, Verdict } from "./report_data";

export type SortColumn = "model" | "accuracy" | "energy" | "time" | "train_energy" | "train_time" | "parameters" | "front" | "verdict";
export interface Order {
  column: SortColumn;
  descending: boolean;
}

const RANK: Record<Verdict, number> = { chosen: 0, tied: 1, accepted: 2, rejected: 3, not_compared: 4 };

function keyOf(row: Row, column: SortColumn): number | string | null {
  switch (column) {
    case "model":
      return row.label;
    case "accuracy":
      return row.accuracy;
    case "energy":
      return isKnown(row.energy_per_1000) ? row.energy_per_1000.value_j : null;
    case "time":
      return row.time_per_1000_s;
    case "train_energy":
      return isKnown(row.train_energy) ? row.train_energy.value_j : null;
    case "train_time":
      return row.train_time_s;
    case "parameters":
      return row.parameters;
    case "front":
      return row.on_front ? 0 : 1;
    case "verdict":
      return RANK[row.verdict];
  }
}

/** Indices of the rows in that order. Stable; rows without a value stand last in both directions. */
export function sortedRows(rows: Row[], order: Order): number[] {
  const keys = rows.map((row) => keyOf(row, order.column));
  return rows
    .map((_, index) => index)
    .sort((a, b) => {
      const [x, y] = [keys[a]!, keys[b]!];
      if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
      const sign = order.descending ? -1 : 1;
      if (typeof x === "string" || typeof y === "string") return sign * String(x).localeCompare(String(y), "en", { numeric: true });
      return sign * (x - y);
    });
}

/** A second click on a heading turns the order; numbers that are better when larger start with the largest. */
export function nextOrder(current: Order, column: SortColumn): Order {
  if (current.column === column) return { column, descending: !current.descending };
  return { column, descending: column === "accuracy" };
}
