// SPDX-License-Identifier: Apache-2.0
// The top of the page: what was asked, the verdict with its reasons, and the headline numbers.
import { h, section } from "./dom";
import { accuracyParts, count, dateText, duration, intervalText, isKnown, jouleParts, joules, number, requiredAccuracy, secondParts } from "./format";
import { runOf } from "./front";
import type { Energy, Language, ReportData, Row } from "./report_data";
import type { Texts } from "./text";

/** "E estimate": letter and word, so that colour carries nothing alone. */
export function gradeChip(energy: Energy, texts: Texts): HTMLElement {
  if (!isKnown(energy)) return h("span", { class: "chip chip-missing", title: energy.note || undefined }, texts.of("missing"));
  const estimated = energy.source === "estimated";
  const word = estimated ? texts.of("estimate") : texts.named("grade", energy.grade);
  const title = `${texts.of("col.grade")} ${energy.grade}: ${texts.named("grade", energy.grade)}`;
  return h("span", { class: estimated ? "chip chip-estimate" : "chip", title }, h("b", {}, energy.grade), ` ${word}`);
}

function machineOf(data: ReportData): string {
  const machines = new Set(data.runs.map((run) => run.provenance["cpu.model"]).filter(Boolean));
  return [...machines].join(", ");
}

export function languageSwitch(texts: Texts, choose: (language: Language) => void): HTMLElement {
  const button = (language: Language, name: string): HTMLElement => {
    const b = h("button", { type: "button", lang: language, "aria-pressed": String(texts.language === language), "data-language": language }, name);
    b.addEventListener("click", () => choose(language));
    return b;
  };
  return h("div", { class: "languages", role: "group", "aria-label": texts.of("page.language") }, button("en", "English"), button("ja", "日本語"));
}

export function masthead(data: ReportData, texts: Texts, choose: (language: Language) => void): HTMLElement {
  const machine = machineOf(data);
  const facts = [
    texts.of("page.generated", { date: dateText(data.generated_utc) }),
    machine ? `${texts.of("page.machine")}: ${machine}` : "",
    texts.of("page.version", { version: data.tool_version }),
  ].filter(Boolean);
  return h("header", {},
    h("div", { class: "brand" }, h("span", { class: "product" }, texts.of("page.product")), languageSwitch(texts, choose)),
    h("h1", {}, texts.sentence(data.title)),
    h("ul", { class: "facts" }, ...facts.map((fact) => h("li", {}, fact))));
}

function tile(label: string, value: [string, string], ...below: (Node | string)[]): HTMLElement {
  return h("div", { class: "tile" },
    h("div", { class: "tile-label" }, label),
    h("div", { class: "tile-value" }, value[0], h("span", { class: "unit" }, ` ${value[1]}`)),
    ...below.filter((b) => b !== "").map((b) => h("div", { class: "tile-note" }, b)));
}

function energyTile(label: string, energy: Energy, texts: Texts, note: string): HTMLElement {
  const known = isKnown(energy);
  const value: [string, string] = known ? jouleParts(energy.value_j) : ["–", ""];
  return tile(label, value, known ? `${texts.of("interval")} ${intervalText(energy)}` : "", gradeChip(energy, texts), note);
}

function tiles(data: ReportData, row: Row, texts: Texts): HTMLElement {
  const required = data.requirement.min_accuracy;
  const time = row.time_per_1000_s;
  const energy = row.energy_per_1000;
  return h("div", { class: "tiles" },
    tile(texts.of("page.headline.accuracy"), accuracyParts(row.accuracy ?? 0),
      required > 0 ? texts.of("page.headline.required", { required: requiredAccuracy(required) }) : "", `${texts.of("col.parameters")} ${count(row.parameters)}`),
    energyTile(texts.of("page.headline.energy"), energy, texts,
      isKnown(energy) ? texts.of("page.headline.per_item", { energy: joules(energy.value_j / 1000) }) : ""),
    tile(texts.of("page.headline.time"), time === null ? ["–", ""] : secondParts(time),
      time ? texts.of("page.headline.throughput", { rate: number(1000 / time) }) : ""),
    energyTile(texts.of("page.headline.train_energy"), row.train_energy, texts,
      row.train_time_s === null ? "" : texts.of("page.headline.train_time", { time: duration(row.train_time_s) })));
}

export function verdict(data: ReportData, texts: Texts): HTMLElement {
  const row = data.verdict.row === null ? undefined : data.rows[data.verdict.row];
  const word = texts.named("verdict", data.verdict.word);
  const body = section("verdict", texts.of("verdict.title"), "",
    h("p", { class: "verdict-line" }, h("span", { class: `word word-${data.verdict.word}` }, word), h("span", { class: "headline" }, texts.sentence(data.verdict.headline))),
    row ? tiles(data, row, texts) : null,
    data.verdict.reasons.length > 0 ? h("ul", { class: "reasons" }, ...data.verdict.reasons.map((reason) => h("li", {}, texts.sentence(reason)))) : null);
  if (row && runOf(data, row)) body.setAttribute("data-run", row.run);
  return body;
}
