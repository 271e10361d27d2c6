// SPDX-License-Identifier: Apache-2.0
// Load scenarios: their latencies and energy per query, and what the server did at each rate that was offered.
import { logRange, type LogRange } from "./axis";
import { axisStyle, tip, tooltipStyle, verticalErrorBar, type Charts, type MakeOption } from "./charts";
import { h, section } from "./dom";
import { count, duration, energyText, intervalText, isKnown, number } from "./format";
import type { Percentile, RatePoint, ReportData, Row, ScenarioLine } from "./report_data";
import { energyCell, scroller } from "./table";
import type { Texts } from "./text";

function percentileCell(percentile: Percentile | undefined, interval: boolean, texts: Texts): HTMLElement {
  if (!percentile) return h("td", { class: "number" }, "-");
  const { value_s, low_s, high_s, too_few } = percentile;
  const below = too_few ? texts.of("latency.too_few") : interval && high_s !== null ? `${duration(low_s)} – ${duration(high_s)}` : "";
  return h("td", { class: "number" }, h("div", { class: "value" }, duration(value_s)), below ? h("div", { class: "interval" }, below) : null);
}

function line(row: Row, scenario: ScenarioLine, texts: Texts): HTMLElement {
  const { latency } = scenario;
  return h("tr", { "data-label": row.label, "data-phase": scenario.phase },
    h("th", { scope: "row" }, row.label),
    h("td", {}, texts.named("phase", scenario.phase)),
    h("td", { class: "number" }, scenario.rate_per_s === null ? "-" : number(scenario.rate_per_s)),
    h("td", { class: "number" }, number(scenario.items_per_s)),
    h("td", { class: "number" }, count(scenario.queries)),
    percentileCell(latency?.p50, false, texts),
    percentileCell(latency?.p90, scenario.phase === "singlestream", texts),
    percentileCell(latency?.p99, true, texts),
    h("td", { class: "number" }, latency ? duration(latency.max_s) : "-"),
    energyCell(scenario.energy_per_query, texts));
}

/** One value over the rate, with the ends of its interval; an open end lies at the value. */
interface Mark {
  rate: number;
  value: number;
  low: number;
  high: number;
  point: RatePoint;
}

const latencyMarks = (points: RatePoint[]): Mark[] =>
  points.filter(({ p99 }) => p99.value_s > 0).map((point) => {
    const { value_s, low_s, high_s } = point.p99;
    return { rate: point.rate_per_s, value: 1000 * value_s, low: 1000 * (low_s > 0 ? low_s : value_s), high: 1000 * (high_s ?? value_s), point };
  });

const energyMarks = (points: RatePoint[]): Mark[] =>
  points.flatMap((point) => {
    const energy = point.energy_per_query;
    if (!isKnown(energy) || energy.value_j <= 0) return [];
    return [{ rate: point.rate_per_s, value: energy.value_j, low: energy.low_j > 0 ? energy.low_j : energy.value_j, high: energy.high_j, point }];
  });

function tipOf(row: Row, point: RatePoint, texts: Texts): HTMLElement {
  const { p99, energy_per_query: energy } = point;
  return tip(`${row.label}, ${texts.of(point.probe ? "latency.probe" : "latency.chosen")}`, [
    `${texts.of("latency.rate")}: ${number(point.rate_per_s)}`,
    `p99: ${duration(p99.value_s)}${p99.too_few ? ` (${texts.of("latency.too_few")})` : ""}`,
    `${texts.of("latency.energy")}: ${energyText(energy)}`,
    isKnown(energy) ? `${texts.of("interval")}: ${intervalText(energy)}` : "",
  ]);
}

const tickText = (log: number): string => number(10 ** log).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");

function option(row: Row, marks: Mark[], yName: string, limit: number | null, texts: Texts): MakeOption {
  return (theme) => {
    const x = logRange(marks.map((mark) => mark.rate));
    const y = logRange([...marks.flatMap((mark) => [mark.low, mark.value, mark.high]), ...(limit === null ? [] : [limit])]);
    const style = axisStyle(theme);
    const axis = (range: LogRange, name: string, nameGap: number): Record<string, unknown> => {
      const ticks = { customValues: range.ticks };
      return {
        ...style, type: "value", min: range.min, max: range.max, name, nameGap, axisTick: { show: false, ...ticks },
        axisLabel: { ...(style.axisLabel as object), ...ticks, hideOverlap: true, formatter: tickText },
      };
    };
    const at = (mark: Mark): [number, number] => [Math.log10(mark.rate), Math.log10(mark.value)];
    const limitLine = limit === null ? undefined : {
      silent: true, symbol: "none", lineStyle: { color: theme.warn, type: [6, 5], width: 1.5 },
      label: { position: "insideStartTop", formatter: texts.of("latency.limit", { limit: duration(limit / 1000) }), color: theme.warn, fontSize: 12, fontFamily: theme.font },
      data: [{ yAxis: Math.log10(limit) }],
    };
    return {
      grid: { left: 80, right: 16, top: 14, bottom: 50, outerBoundsMode: "none" },
      textStyle: { fontFamily: theme.font },
      tooltip: { ...tooltipStyle(theme), trigger: "item", formatter: (item: { data: { point: RatePoint } }) => tipOf(row, item.data.point, texts) },
      xAxis: axis(x, texts.of("latency.x"), 30),
      yAxis: axis(y, yName, 62),
      series: [
        { type: "line", data: marks.map(at), symbol: "none", silent: true, z: 2, lineStyle: { color: theme.accent, width: 2, opacity: 0.55 } },
        { type: "custom", silent: true, z: 3, renderItem: verticalErrorBar(theme.soft), data: marks.map((mark) => [Math.log10(mark.rate), Math.log10(mark.low), Math.log10(mark.high)]) },
        {
          type: "scatter", z: 4, markLine: limitLine,
          data: marks.map((mark) => ({
            value: at(mark), point: mark.point, symbol: mark.point.probe ? "circle" : "diamond", symbolSize: mark.point.probe ? 9 : 16,
            itemStyle: mark.point.probe ? { color: theme.surface, borderColor: theme.soft, borderWidth: 2 } : { color: theme.accent, borderColor: theme.surface, borderWidth: 2 },
          })),
        },
      ],
    };
  };
}

/** p99 and energy per query over the rate, of a row whose server was offered several. */
function rateCharts(row: Row, index: number, texts: Texts, charts: Charts): HTMLElement[] {
  if (row.rates.length < 2) return [];
  const limit = row.latency_limit_s === null ? null : 1000 * row.latency_limit_s;
  const chart = (kind: "p99" | "energy", marks: Mark[], bound: number | null): HTMLElement[] => {
    if (marks.length < 2) return [];
    const title = `${row.label}: ${texts.of(`latency.chart_${kind}`)}`;
    return [h("h3", {}, title), charts.place(`rate-${kind}-${index}`, title, option(row, marks, texts.of(`latency.y_${kind}`), bound, texts))];
  };
  return [...chart("p99", latencyMarks(row.rates), limit), ...chart("energy", energyMarks(row.rates), null)];
}

/** Null where no run had a load scenario. */
export function latency(data: ReportData, texts: Texts, charts: Charts): HTMLElement | null {
  const rows = data.rows.flatMap((row) => row.scenarios.map((scenario) => line(row, scenario, texts)));
  if (rows.length === 0) return null;
  const title = texts.of("latency.title");
  const heads: [string, boolean][] = [[texts.of("col.model"), false], [texts.of("latency.scenario"), false], [texts.of("latency.rate"), true], [texts.of("latency.throughput"), true], [texts.of("latency.queries"), true], ["p50", true], ["p90", true], ["p99", true], [texts.of("latency.max"), true], [texts.of("latency.energy"), true]];
  return section("latency", title, texts.of("latency.lead"),
    scroller(title, h("table", {}, h("caption", { class: "hidden" }, title),
      h("thead", {}, h("tr", {}, ...heads.map(([name, numeric]) => h("th", { scope: "col", class: numeric ? "number" : undefined }, name)))), h("tbody", {}, ...rows))),
    ...data.rows.flatMap((row, index) => rateCharts(row, index, texts, charts)));
}
