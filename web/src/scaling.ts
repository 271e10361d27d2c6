// SPDX-License-Identifier: Apache-2.0
// Training energy per item against the number of devices, where one model was trained on several.
import { h, section } from "./dom";
import { count, energyText, intervalText, isKnown, number } from "./format";
import { gradeChip } from "./hero";
import type { ReportData, ScalingLine } from "./report_data";
import { scroller } from "./table";
import type { Texts } from "./text";

export function scaling(data: ReportData, texts: Texts): HTMLElement | null {
  if (data.scaling.length === 0) return null;
  const most = Math.max(...data.scaling.map((line) => line.energy_per_item.value_j ?? 0));
  const row = (line: ScalingLine): HTMLElement => {
    const energy = line.energy_per_item;
    const share = isKnown(energy) && most > 0 ? (100 * energy.value_j) / most : 0;
    return h("tr", {},
      h("th", { scope: "row" }, line.workload),
      h("td", { class: "number" }, count(line.devices)),
      h("td", { class: "number" }, count(line.batch)),
      h("td", { class: "number bar-cell" },
        h("div", { class: "value" }, energyText(energy)), h("div", { class: "interval" }, intervalText(energy)), gradeChip(energy, texts),
        h("div", { class: "bar", "aria-hidden": "true" }, h("div", { style: `width:${share.toFixed(1)}%` }))),
      h("td", { class: "number" }, line.items_per_s === null ? "-" : number(line.items_per_s)));
  };
  const heads = [texts.of("col.model"), texts.of("scaling.devices"), texts.of("scaling.batch"), texts.of("scaling.energy_long"), texts.of("scaling.rate")];
  const title = texts.of("scaling.title");
  return section("scaling", title, texts.of("scaling.lead"),
    scroller(title, h("table", {}, h("caption", { class: "hidden" }, title),
      h("thead", {}, h("tr", {}, ...heads.map((name, i) => h("th", { scope: "col", class: i > 0 ? "number" : undefined }, name)))),
      h("tbody", {}, ...data.scaling.map(row)))));
}
