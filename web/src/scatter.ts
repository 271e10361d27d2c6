// SPDX-License-Identifier: Apache-2.0
// Accuracy over energy per 1,000 inferences: intervals, the front, the required accuracy.
import { linearRange, logRange, type LinearRange, type LogRange } from "./axis";
import { axisStyle, errorBar, tip, tooltipStyle, type MakeOption, type Size } from "./charts";
import { accuracy, duration, energyText, intervalText, number, requiredAccuracy } from "./format";
import { frontLine, points, type Point } from "./front";
import { freest, placeLabels, textWidth, type Box } from "./labels";
import type { ReportData, Row } from "./report_data";
import type { Texts } from "./text";
import type { Theme } from "./theme";

const GRID = { left: 58, right: 16, top: 14, bottom: 50 };
const FONT = 13;

interface Frame {
  x: LogRange;
  y: LinearRange;
  size: Size;
}

const pixelX = (f: Frame, log: number): number =>
  GRID.left + ((log - f.x.min) / (f.x.max - f.x.min)) * (f.size.width - GRID.left - GRID.right);
const pixelY = (f: Frame, value: number): number =>
  GRID.top + ((f.y.max - value) / (f.y.max - f.y.min)) * (f.size.height - GRID.top - GRID.bottom);

/** Marks and error bars. */
function markBoxes(frame: Frame, all: Point[]): Box[] {
  return all.flatMap((p) => {
    const [x, y] = [pixelX(frame, Math.log10(p.energy)), pixelY(frame, 100 * p.accuracy)];
    const [low, high] = [p.low, p.high].map((v) => pixelX(frame, Math.log10(Math.max(v, 1e-300)))) as [number, number];
    return [{ x: x - 9, y: y - 9, width: 18, height: 18 }, { x: low, y: y - 4, width: high - low, height: 8 }];
  });
}

/** The front's line and the line of the required accuracy, as chains of small boxes. */
function lineBoxes(frame: Frame, line: Point[], required: number): Box[] {
  const boxes: Box[] = [];
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1]!, line[i]!];
    for (let k = 1; k < 12; k++) {
      const t = k / 12;
      const x = pixelX(frame, Math.log10(a.energy) * (1 - t) + Math.log10(b.energy) * t);
      const y = pixelY(frame, 100 * (a.accuracy * (1 - t) + b.accuracy * t));
      boxes.push({ x: x - 3, y: y - 3, width: 6, height: 6 });
    }
  }
  if (required > 0) boxes.push({ x: GRID.left, y: pixelY(frame, 100 * required) - 2, width: frame.size.width, height: 4 });
  return boxes;
}

const REQUIRED_PLACES = ["insideEndTop", "insideEndBottom", "insideStartTop", "insideStartBottom"] as const;

/** Where the words "required 88 %" go: at the end of the line and the side of it where the fewest marks are. */
function requiredPlace(frame: Frame, text: string, required: number, taken: Box[]): { place: (typeof REQUIRED_PLACES)[number]; box: Box } {
  const width = textWidth(text, 12) + 10;
  const y = pixelY(frame, 100 * required);
  const boxes = [[1, -1], [1, 1], [0, -1], [0, 1]].map(([end, side]) => ({
    x: end ? frame.size.width - GRID.right - width : GRID.left, y: side! < 0 ? y - 22 : y + 2, width, height: 20,
  }));
  const best = freest(boxes, taken);
  return { place: REQUIRED_PLACES[best]!, box: boxes[best]! };
}

function markStyle(row: Row, theme: Theme): Record<string, unknown> {
  if (row.verdict === "chosen") return { opacity: 1, color: theme.accent, borderColor: theme.surface, borderWidth: 2 };
  if (row.on_front) return { opacity: 1, color: theme.ink, borderColor: theme.surface, borderWidth: 1.5 };
  return { opacity: 1, color: theme.surface, borderColor: theme.soft, borderWidth: 2 };
}

function marks(data: ReportData, all: Point[], boxes: Box[], frame: Frame, theme: Theme): unknown[] {
  return all.map((p, i) => {
    const row = data.rows[p.row]!;
    const size = row.verdict === "chosen" ? 18 : 12;
    const box = boxes[i]!;
    const left = pixelX(frame, Math.log10(p.energy)) - size / 2;
    const top = pixelY(frame, 100 * p.accuracy) - size / 2;
    return {
      value: [Math.log10(p.energy), 100 * p.accuracy],
      symbol: row.verdict === "chosen" ? "diamond" : "circle",
      symbolSize: size,
      itemStyle: markStyle(row, theme),
      label: {
        show: true, formatter: row.label, position: [box.x - left, box.y - top], align: "left", verticalAlign: "top",
        color: row.verdict === "chosen" ? theme.accent : row.on_front ? theme.ink : theme.soft,
        fontWeight: row.verdict === "chosen" ? 700 : 500, fontSize: FONT, fontFamily: theme.font,
      },
      row: p.row,
    };
  });
}

function tipOf(row: Row, texts: Texts): HTMLElement {
  const energy = row.energy_per_1000;
  return tip(row.label, [
    `${texts.of("col.accuracy")}: ${accuracy(row.accuracy ?? 0)}`,
    `${texts.of("col.energy")}: ${energyText(energy)}`,
    `${texts.of("interval")}: ${intervalText(energy)}`,
    `${texts.of("grade.short", { grade: energy.grade })}: ${texts.named("grade", energy.grade)}`,
    row.time_per_1000_s === null ? "" : `${texts.of("col.time")}: ${duration(row.time_per_1000_s)}`,
    texts.named("row", row.verdict),
  ]);
}

function requiredLine(required: number, text: string, position: string, theme: Theme): Record<string, unknown> | undefined {
  if (required <= 0) return undefined;
  return {
    silent: true, symbol: "none", lineStyle: { color: theme.warn, type: [6, 5], width: 1.5 },
    label: { position, formatter: text, color: theme.warn, fontSize: 12, fontFamily: theme.font },
    data: [{ yAxis: 100 * required }],
  };
}

export function scatterOption(data: ReportData, texts: Texts): MakeOption {
  const all = points(data.rows);
  const line = frontLine(data.rows, all);
  const required = data.requirement.min_accuracy;
  return (theme, size) => {
    const frame: Frame = {
      x: logRange(all.flatMap((p) => [p.low, p.energy, p.high])),
      y: linearRange([...all.map((p) => 100 * p.accuracy), ...(required > 0 ? [100 * required] : [])], size.height < 380 ? 4 : 6, [0, 100]),
      size,
    };
    const area = { x: GRID.left, y: GRID.top, width: size.width - GRID.left - GRID.right, height: size.height - GRID.top - GRID.bottom };
    const labels = all.map((p) => ({
      x: pixelX(frame, Math.log10(p.energy)), y: pixelY(frame, 100 * p.accuracy),
      width: textWidth(data.rows[p.row]!.label, FONT), height: FONT + 3,
    }));
    const taken = markBoxes(frame, all);
    const requiredText = texts.of("scatter.required", { required: requiredAccuracy(required) });
    const words = requiredPlace(frame, requiredText, required, taken);
    const boxes = placeLabels(labels, required > 0 ? [...taken, words.box] : taken, area, lineBoxes(frame, line, required));
    const style = axisStyle(theme);
    const ticks = { customValues: frame.x.ticks };
    return {
      grid: { ...GRID, outerBoundsMode: "none" },
      textStyle: { fontFamily: theme.font },
      tooltip: { ...tooltipStyle(theme), trigger: "item", formatter: (item: { data: { row: number } }) => tipOf(data.rows[item.data.row]!, texts) },
      xAxis: {
        ...style, type: "value", min: frame.x.min, max: frame.x.max, name: texts.of("scatter.x"), nameGap: 30, axisTick: { show: false, ...ticks },
        axisLabel: { ...(style.axisLabel as object), ...ticks, hideOverlap: true, formatter: (log: number) => number(10 ** log).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "") },
      },
      yAxis: { ...style, type: "value", min: frame.y.min, max: frame.y.max, interval: frame.y.step, name: texts.of("scatter.y"), nameGap: 42 },
      series: [
        { type: "line", data: line.map((p) => [Math.log10(p.energy), 100 * p.accuracy]), symbol: "none", silent: true, z: 2, lineStyle: { color: theme.accent, width: 2.5, opacity: 0.55 } },
        { type: "custom", silent: true, z: 3, renderItem: errorBar(theme.soft), data: all.map((p) => [Math.log10(p.low), Math.log10(p.high), 100 * p.accuracy]) },
        { type: "scatter", z: 4, data: marks(data, all, boxes, frame, theme), markLine: requiredLine(required, requiredText, words.place, theme) },
      ],
    };
  };
}
