// SPDX-License-Identifier: Apache-2.0
// Training to a target accuracy: median and range over the seeds of each model.
import { h, section } from "./dom";
import { count, energyText, intervalText, number, requiredAccuracy } from "./format";
import { gradeChip } from "./hero";
import type { ReportData, TargetLine } from "./report_data";
import { scroller } from "./table";
import type { Texts } from "./text";

const range = (least: string, most: string): string => (least === most ? least : `${least} .. ${most}`);

export function target(data: ReportData, texts: Texts): HTMLElement | null {
  if (data.targets.length === 0) return null;
  const most = Math.max(...data.targets.map((line) => line.energy?.median.value_j ?? 0));
  const energyCell = (line: TargetLine): HTMLElement => {
    if (line.energy === null) return h("td", { class: "number" }, "-");
    const { median, least_j, most_j } = line.energy;
    const share = most > 0 ? (100 * (median.value_j ?? 0)) / most : 0;
    return h("td", { class: "number bar-cell" },
      h("div", { class: "value" }, energyText(median)), h("div", { class: "interval" }, intervalText(median)), gradeChip(median, texts),
      h("div", { class: "interval" }, `${texts.of("target.energy_range")}: ${range(number(least_j), number(most_j))}`),
      h("div", { class: "bar", "aria-hidden": "true" }, h("div", { style: `width:${share.toFixed(1)}%` })));
  };
  const row = (line: TargetLine): HTMLElement =>
    h("tr", {},
      h("th", { scope: "row" }, line.workload),
      h("td", { class: "number" }, requiredAccuracy(line.target_accuracy)),
      h("td", { class: "number" }, `${line.epochs.length} / ${line.seeds}`),
      h("td", { class: "number" }, line.epochs.length === 0 ? "-" : range(count(line.epochs[0] ?? 0), count(line.epochs[line.epochs.length - 1] ?? 0))),
      h("td", { class: "number" }, ...(line.time === null ? ["-"] : [
        h("div", { class: "value" }, number(line.time.median_s)),
        h("div", { class: "interval" }, range(number(line.time.least_s), number(line.time.most_s)))])),
      energyCell(line));
  const heads = (["col.model", "target.accuracy", "target.reached", "target.epochs", "target.time", "target.energy"] as const).map((key) => texts.of(key));
  const title = texts.of("target.title");
  return section("target", title, data.target_notes.map((note) => texts.sentence(note)).join(" "),
    scroller(title, h("table", {}, h("caption", { class: "hidden" }, title),
      h("thead", {}, h("tr", {}, ...heads.map((name, i) => h("th", { scope: "col", class: i > 0 ? "number" : undefined }, name)))),
      h("tbody", {}, ...data.targets.map(row)))));
}
