// SPDX-License-Identifier: Apache-2.0
// Puts the page together from the embedded data, in the chosen language, and keeps it drawn.
import { Charts } from "./charts";
import { h, section } from "./dom";
import { duration, intervalText, isKnown, joules, number } from "./format";
import { anyEnergy, points, shownEnergies } from "./front";
import { generation } from "./generation";
import { latency } from "./latency";
import { gradeChip, masthead, verdict } from "./hero";
import { method, unknowns } from "./method";
import { phaseSums } from "./phases";
import { powerCaption, powerOption } from "./power";
import { parseReport, type Language, type ReportData, type Run } from "./report_data";
import { scaling } from "./scaling";
import { target } from "./target";
import { scatterOption } from "./scatter";
import type { Order } from "./sort";
import { comparison, scroller, steps } from "./table";
import { Texts, type Messages } from "./text";
import { trainingOption, trainLines } from "./training";

interface State {
  language: Language;
  order: Order;
  /** id of the run in the power plot */
  run: string | null;
}

const embedded = (id: string): string => document.getElementById(id)?.textContent ?? "";

function scatterSection(data: ReportData, texts: Texts, charts: Charts): HTMLElement | null {
  const all = points(data.rows);
  if (all.length === 0) return null;
  const key = (kind: string, name: string): HTMLElement => h("li", {}, h("span", { class: `key key-${kind}`, "aria-hidden": "true" }), name);
  return section("scatter", texts.of("scatter.title"), texts.of("scatter.lead"),
    charts.place("scatter-chart", texts.of("scatter.alt", { n: String(all.length) }), scatterOption(data, texts)),
    h("ul", { class: "legend" },
      key("chosen", texts.of("scatter.legend_chosen")), key("front", texts.of("scatter.legend_front")),
      key("other", texts.of("scatter.legend_other")), key("interval", texts.of("scatter.legend_interval"))));
}

function trainingSection(data: ReportData, texts: Texts, charts: Charts): HTMLElement {
  const lines = trainLines(data);
  const title = texts.of("train.title");
  if (lines.length === 0) return section("training", title, "", h("p", { class: "empty" }, texts.of("train.none")));
  return section("training", title, texts.of("train.lead"),
    charts.place("training-chart", texts.of("train.alt", { n: String(lines.length) }), trainingOption(data, texts)));
}

function phaseTable(run: Run, texts: Texts): HTMLElement {
  const rows = phaseSums(run.windows).map((sum) =>
    h("tr", {},
      h("th", { scope: "row" }, h("span", { class: `key phase-${sum.phase}`, "aria-hidden": "true" }), texts.named("phase", sum.phase)),
      h("td", { class: "number" }, String(sum.windows)),
      h("td", { class: "number" }, duration(sum.time_s)),
      h("td", { class: "number" }, isKnown(sum.energy) ? joules(sum.energy.value_j) : "-", h("span", { class: "interval" }, ` ${intervalText(sum.energy)} `), gradeChip(sum.energy, texts)),
      h("td", { class: "number" }, isKnown(sum.energy) && sum.time_s > 0 ? `${number(sum.energy.value_j / sum.time_s)} W` : "-")));
  const heads = [texts.of("power.phase"), texts.of("power.windows"), texts.of("power.time"), `${texts.of("power.energy")} (${texts.of("interval")})`, texts.of("power.mean")];
  return scroller(texts.of("power.title"), h("table", { class: "phases" },
    h("thead", {}, h("tr", {}, ...heads.map((name, i) => h("th", { scope: "col", class: i > 0 ? "number" : undefined }, name)))), h("tbody", {}, ...rows)));
}

function powerSection(data: ReportData, texts: Texts, charts: Charts, state: State, rebuild: () => void): HTMLElement {
  const title = texts.of("power.title");
  const runs = data.rows.flatMap((row) => data.runs.filter((run) => run.id === row.run && run.power).map((run) => ({ run, label: row.label })));
  for (const run of data.runs) {
    if (run.power && !runs.some((r) => r.run === run)) runs.push({ run, label: run.id });
  }
  const preferred = data.verdict.row === null ? undefined : data.rows[data.verdict.row]?.run;
  const shown = runs.find((r) => r.run.id === state.run) ?? runs.find((r) => r.run.id === preferred) ?? runs[0];
  if (!shown?.run.power) return section("power", title, "", h("p", { class: "empty" }, texts.of("power.none")));
  const select = h("select", { id: "power-run" }, ...runs.map(({ run, label }) => h("option", { value: run.id }, label)));
  select.value = shown.run.id;
  select.addEventListener("change", () => {
    state.run = select.value;
    rebuild();
    document.getElementById("power-run")?.focus();
  });
  return section("power", title, texts.of("power.lead"),
    h("label", { class: "choose" }, `${texts.of("power.run")} `, select),
    charts.place("power-chart", texts.of("power.alt", { model: shown.label }), powerOption(shown.run, shown.run.power, texts)),
    h("p", { class: "note" }, powerCaption(shown.run.power, texts)), phaseTable(shown.run, texts));
}

function scoreSection(data: ReportData, texts: Texts): HTMLElement | null {
  if (data.ai_benchmark === null) return null;
  return section("score", texts.of("score.title"), "", ...data.ai_benchmark.statements.map((part) => h("p", {}, texts.sentence(part))));
}

function build(data: ReportData, messages: Messages, charts: Charts, state: State): void {
  const texts = new Texts(messages, state.language);
  const rebuild = (): void => build(data, messages, charts, state);
  const energy = anyEnergy(data);
  document.documentElement.lang = state.language;
  document.title = texts.sentence(data.title);
  charts.clear();
  const shown = shownEnergies(data);
  const estimated = shown.every((part) => part.source === "estimated");
  const aboutEnergy = shown.length === 0 ? texts.of("page.no_energy") : estimated ? texts.of("page.energy_estimated") : "";
  const banners = [...data.notices.map((notice) => texts.sentence(notice)), aboutEnergy].filter(Boolean);
  const main = h("main", { id: "main" },
    ...banners.map((banner) => h("p", { class: "banner", role: "note" }, banner)),
    verdict(data, texts),
    scoreSection(data, texts),
    energy ? scatterSection(data, texts, charts) : null,
    comparison(data, texts, state.order, (order) => (state.order = order)),
    generation(data, texts),
    target(data, texts),
    latency(data, texts, charts),
    unknowns(data, texts),
    energy ? steps(data, texts) : null,
    energy ? scaling(data, texts) : null,
    energy ? trainingSection(data, texts, charts) : null,
    energy || data.runs.some((run) => run.power) ? powerSection(data, texts, charts, state, rebuild) : null,
    method(data, texts));
  const choose = (language: Language): void => {
    state.language = language;
    rebuild();
    document.querySelector<HTMLElement>(`[data-language="${language}"]`)?.focus();
  };
  const scroll = window.scrollY;
  document.getElementById("page")?.replaceChildren(
    h("a", { class: "skip", href: "#verdict" }, texts.of("page.skip")), masthead(data, texts, choose), main);
  window.scrollTo(0, scroll);
}

function start(): void {
  const messages = JSON.parse(embedded("btrack-messages")) as Messages;
  const language: Language = document.documentElement.lang === "ja" ? "ja" : "en";
  try {
    const data = parseReport(embedded("btrack-data"));
    const charts = new Charts();
    const order: Order = { column: data.requirement.objective === "time" ? "time" : "energy", descending: false };
    build(data, messages, charts, { language, order, run: null });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.redraw());
    for (const [event, paper] of [["beforeprint", true], ["afterprint", false]] as const) {
      window.addEventListener(event, () => {
        document.documentElement.classList.toggle("paper", paper);
        charts.redraw();
      });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    document.getElementById("page")?.replaceChildren(h("p", { class: "banner", role: "alert" }, new Texts(messages, language).of("error.data", { reason })));
    throw error;
  }
}

start();
