// SPDX-License-Identifier: Apache-2.0
// What is not known, how it was measured, where it comes from, and every recorded value.
import { h, section } from "./dom";
import { number, percent } from "./format";
import type { ReportData, Run } from "./report_data";
import { scroller } from "./table";
import type { Key, Texts } from "./text";

export function unknowns(data: ReportData, texts: Texts): HTMLElement {
  const box = section("unknowns", texts.of("unknown.title"), "", h("ul", {}, ...data.unknowns.map((unknown) => h("li", {}, texts.sentence(unknown)))));
  if (data.left_out.length > 0) {
    box.append(
      h("h3", {}, texts.of("left_out.title")),
      h("ul", { class: "left-out" }, ...data.left_out.map((left) => h("li", {}, h("code", {}, left.run), " ", texts.sentence(left.reason)))));
  }
  return box;
}

/** Facts shared by all runs once; a fact that differs between runs is named and left to the table of runs. */
export function sharedFacts(runs: Run[]): [string, string | null][] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run.provenance)))].sort();
  return keys.map((key) => {
    const values = new Set(runs.map((run) => run.provenance[key]));
    return [key, values.size === 1 ? [...values][0] ?? null : null];
  });
}

function overhead(runs: Run[]): number | null {
  const shares = runs.filter((run) => run.sampling.wall_time_s > 0).map((run) => run.sampling.cpu_time_s / run.sampling.wall_time_s);
  return shares.length > 0 ? Math.max(...shares) : null;
}

function cellText(value: number | string | null): string {
  if (value === null) return "-";
  return typeof value === "number" ? (Number.isInteger(value) ? String(value) : number(value)) : value;
}

function allColumns(data: ReportData, texts: Texts): HTMLElement {
  const name = (i: number): string => {
    const column = data.columns[i]!;
    return `${texts.language === "ja" ? column.ja : column.en}${column.unit ? ` (${column.unit})` : ""}`;
  };
  const rows = data.columns.map((column, i) =>
    h("tr", {}, h("th", { scope: "row", title: column.id }, name(i)), ...data.runs.map((run) => h("td", { class: column.type === "text" ? undefined : "number" }, cellText(run.cells[i] ?? null)))));
  const title = texts.of("method.all_columns");
  return h("details", {}, h("summary", {}, title),
    scroller(title, h("table", { class: "facts-table" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, texts.of("method.fact")), ...data.runs.map((run) => h("th", { scope: "col" }, h("code", {}, run.id))))), h("tbody", {}, ...rows))));
}

function glossary(texts: Texts): HTMLElement {
  const terms: Key[] = ["glossary.energy", "glossary.uncertainty", "glossary.grade", "glossary.front", "glossary.calibration"];
  return h("dl", { class: "glossary" }, ...terms.flatMap((key) => [h("dt", {}, texts.of(key)), h("dd", { lang: texts.language === "ja" ? "en" : "ja" }, texts.other(key))]));
}

export function method(data: ReportData, texts: Texts): HTMLElement {
  const cost = overhead(data.runs);
  const checks = data.runs.flatMap((run) => run.checks);
  const passed = checks.filter((check) => check.expected === check.actual).length;
  const facts = sharedFacts(data.runs);
  const factRows = facts.map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, h("code", {}, key)), h("td", {}, value ?? h("em", {}, texts.of("method.varies")))));
  const runRows = data.runs.map((run) =>
    h("tr", {}, h("th", { scope: "row" }, h("code", {}, run.id)), h("td", {}, run.started_utc), h("td", {}, texts.named("status", run.status), run.failure ? `: ${run.failure.message}` : "")));
  const lines = [
    texts.of("method.energy"), texts.of("method.accuracy"), texts.of("method.front"),
    cost === null ? "" : texts.of("method.overhead", { share: percent(cost) }),
    checks.length === 0 ? "" : texts.of("method.checks", { passed: String(passed), total: String(checks.length) }),
  ].filter(Boolean);
  return section("method", texts.of("method.title"), "",
    ...lines.map((line) => h("p", {}, line)),
    factRows.length > 0 ? h("h3", {}, texts.of("method.facts")) : null,
    factRows.length > 0 ? scroller(texts.of("method.facts"), h("table", { class: "facts-table" }, h("tbody", {}, ...factRows))) : null,
    h("h3", {}, texts.of("method.runs")),
    scroller(texts.of("method.runs"), h("table", { class: "facts-table" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, texts.of("method.id")), h("th", { scope: "col" }, texts.of("method.started")), h("th", { scope: "col" }, texts.of("method.status")))), h("tbody", {}, ...runRows))),
    data.columns.length > 0 && data.runs.length > 0 ? allColumns(data, texts) : null,
    h("h3", {}, texts.of("glossary.title")), glossary(texts));
}
