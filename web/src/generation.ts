// SPDX-License-Identifier: Apache-2.0
// Prompts and answers of decoders: prefill and decode, each with times and energies of its own.
import { h, section } from "./dom";
import { count, duration, number } from "./format";
import type { ReportData, Row, TokenPhase } from "./report_data";
import { energyCell, scroller } from "./table";
import type { Texts } from "./text";

function latencyCell(phase: TokenPhase, name: string): HTMLElement {
  const { latency_s, latency_low_s, latency_high_s } = phase;
  if (latency_s === null) return h("td", { class: "number" }, "-");
  return h("td", { class: "number" },
    h("div", { class: "value" }, h("span", { class: "quiet" }, `${name} `), duration(latency_s)),
    latency_low_s !== null && latency_high_s !== null ? h("div", { class: "interval" }, `${duration(latency_low_s)} – ${duration(latency_high_s)}`) : null);
}

function phaseRow(row: Row, name: "prefill" | "decode", texts: Texts): HTMLElement | null {
  const phase = row[name];
  if (!phase) return null;
  return h("tr", { "data-label": row.label, "data-phase": name },
    h("th", { scope: "row" }, row.label),
    h("td", {}, texts.named("phase", name)),
    h("td", { class: "number" }, count(row.batch)),
    h("td", { class: "number" }, `${count(row.prompt)} + ${count(row.generate)}`),
    h("td", { class: "number" }, number(phase.tokens_per_s)),
    latencyCell(phase, name === "prefill" ? "TTFT" : "TPOT"),
    energyCell(phase.energy_per_token, texts));
}

/** Null where no run generated. */
export function generation(data: ReportData, texts: Texts): HTMLElement | null {
  const rows = data.rows.flatMap((row) => [phaseRow(row, "prefill", texts), phaseRow(row, "decode", texts)]).filter((row) => row !== null);
  if (rows.length === 0) return null;
  const title = texts.of("generation.title");
  const heads: [string, boolean][] = [[texts.of("col.model"), false], [texts.of("generation.phase"), false], [texts.of("generation.batch"), true], [texts.of("generation.lengths"), true], [texts.of("generation.rate"), true], ["TTFT / TPOT", true], [texts.of("generation.energy"), true]];
  return section("generation", title, texts.of("generation.lead"),
    scroller(title, h("table", {}, h("caption", { class: "hidden" }, title),
      h("thead", {}, h("tr", {}, ...heads.map(([name, numeric]) => h("th", { scope: "col", class: numeric ? "number" : undefined }, name)))), h("tbody", {}, ...rows))));
}
