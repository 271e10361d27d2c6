// SPDX-License-Identifier: Apache-2.0
// The comparison as a table that can be sorted, and the price of each accuracy point.
import { h, section } from "./dom";
import { accuracy, count, energyText, isKnown, number, percent, points } from "./format";
import { gradeChip } from "./hero";
import type { Energy, ReportData, Row } from "./report_data";
import { nextOrder, sortedRows, type Order, type SortColumn } from "./sort";
import type { Key, Texts } from "./text";

interface Heading {
  column: SortColumn;
  key: Key;
  unit: string;
  numeric: boolean;
}

const HEADINGS: Heading[] = [
  { column: "model", key: "col.model", unit: "", numeric: false },
  { column: "accuracy", key: "col.accuracy", unit: "%", numeric: true },
  { column: "energy", key: "col.energy", unit: "J", numeric: true },
  { column: "time", key: "col.time", unit: "s", numeric: true },
  { column: "train_energy", key: "col.train_energy", unit: "J", numeric: true },
  { column: "train_time", key: "col.train_time", unit: "s", numeric: true },
  { column: "parameters", key: "col.parameters", unit: "", numeric: true },
  { column: "front", key: "col.front", unit: "", numeric: false },
  { column: "verdict", key: "col.verdict", unit: "", numeric: false },
];

export function energyCell(energy: Energy, texts: Texts): HTMLElement {
  const interval = isKnown(energy) ? `${number(energy.low_j)} – ${number(energy.high_j)} J` : "";
  const value = isKnown(energy) ? `${number(energy.value_j)} J` : energyText(energy);
  return h("td", { class: "number" },
    h("div", { class: "value" }, value),
    interval ? h("div", { class: "interval" }, interval) : null,
    gradeChip(energy, texts));
}

/** Rows whose items differ say what theirs are. */
function mixedUnits(rows: Row[]): boolean {
  return new Set(rows.map((row) => row.item_unit)).size > 1;
}

function bodyRow(row: Row, texts: Texts, withUnit: boolean): HTMLElement {
  const numberCell = (text: string): HTMLElement => h("td", { class: "number" }, text);
  const verdict = texts.named("row", row.verdict);
  return h("tr", { class: `row-${row.verdict}`, "data-label": row.label },
    h("th", { scope: "row" }, row.label, withUnit ? h("div", { class: "interval" }, row.item_unit) : null),
    numberCell(row.accuracy === null ? "-" : accuracy(row.accuracy)),
    energyCell(row.energy_per_1000, texts),
    numberCell(row.time_per_1000_s === null ? "-" : `${number(row.time_per_1000_s)} s`),
    energyCell(row.train_energy, texts),
    numberCell(row.train_time_s === null ? "-" : `${number(row.train_time_s)} s`),
    numberCell(count(row.parameters)),
    h("td", { class: "mark" }, row.on_front ? h("span", {}, `● ${texts.of("front.yes")}`) : h("span", { class: "quiet" }, row.verdict === "not_compared" ? "-" : texts.of("front.no"))),
    h("td", {}, h("div", { class: `verdict-${row.verdict}` }, verdict), row.reason ? h("div", { class: "reason" }, texts.sentence(row.reason)) : null));
}

/** A table that scrolls sideways by itself, reachable with the keyboard. */
export function scroller(label: string, table: HTMLElement): HTMLElement {
  return h("div", { class: "scroller", role: "region", tabindex: "0", "aria-label": label }, table);
}

export function comparison(data: ReportData, texts: Texts, order: Order, changed: (order: Order) => void): HTMLElement {
  const body = h("tbody");
  const heads = HEADINGS.map((heading) => {
    const button = h("button", { type: "button" }, texts.of(heading.key), heading.unit ? h("span", { class: "unit" }, ` (${heading.unit})`) : null, h("span", { class: "arrow", "aria-hidden": "true" }));
    const cell = h("th", { scope: "col", class: heading.numeric ? "number" : undefined, "data-column": heading.column }, button);
    button.addEventListener("click", () => {
      order = nextOrder(order, heading.column);
      changed(order);
      fill();
    });
    return cell;
  });
  const withUnit = mixedUnits(data.rows);
  const fill = (): void => {
    heads.forEach((cell, i) => {
      if (HEADINGS[i]!.column === order.column) cell.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    body.replaceChildren(...sortedRows(data.rows, order).map((i) => bodyRow(data.rows[i]!, texts, withUnit)));
  };
  fill();
  const title = texts.of("table.title");
  return section("comparison", title, texts.of("table.lead"),
    scroller(title, h("table", { class: "comparison" }, h("caption", { class: "hidden" }, title), h("thead", {}, h("tr", {}, ...heads)), body)));
}

export function steps(data: ReportData, texts: Texts): HTMLElement {
  const title = texts.of("steps.title");
  if (data.steps.length === 0) return section("steps", title, "", h("p", { class: "empty" }, texts.of("steps.none")));
  const most = Math.max(...data.steps.map((step) => step.marginal_energy_per_point_j));
  const rows = data.steps.map((step) => {
    const share = most > 0 ? Math.max(0.5, (100 * step.marginal_energy_per_point_j) / most) : 0;
    return h("tr", {},
      h("th", { scope: "row" }, data.rows[step.from]?.label, h("span", { class: "quiet" }, " → "), data.rows[step.to]?.label),
      h("td", { class: "number" }, `+${texts.of("points_gained", { value: points(step.accuracy_points) })}`),
      h("td", { class: "number" }, `${number(step.extra_energy_per_1000_j)} J`),
      h("td", { class: "number bar-cell" }, h("div", { class: "value" }, `${number(step.marginal_energy_per_point_j)} J`), h("div", { class: "bar", "aria-hidden": "true" }, h("div", { style: `width:${share.toFixed(1)}%` }))),
      h("td", { class: "number" }, percent(step.saving_if_step_down)));
  });
  const heads: [string, boolean][] = [[`${texts.of("steps.from")} → ${texts.of("steps.to")}`, false], [texts.of("steps.points"), true], [texts.of("steps.extra_long"), true], [texts.of("steps.marginal_long"), true], [texts.of("steps.saving"), true]];
  const estimated = data.rows.some((row) => row.energy_per_1000.source === "estimated");
  return section("steps", title, texts.of("steps.lead"),
    scroller(title, h("table", {}, h("caption", { class: "hidden" }, title), h("thead", {}, h("tr", {}, ...heads.map(([name, numeric]) => h("th", { scope: "col", class: numeric ? "number" : undefined }, name)))), h("tbody", {}, ...rows))),
    h("p", { class: "note" }, texts.of("steps.note", { estimates: estimated ? texts.of("steps.note_estimates") : "" })));
}
