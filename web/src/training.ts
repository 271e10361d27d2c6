// SPDX-License-Identifier: Apache-2.0
// Accuracy over the training energy so far, one line per model, one mark per epoch.
import { linearRange, logRange } from "./axis";
import { axisStyle, errorBar, tip, tooltipStyle, type MakeOption } from "./charts";
import { accuracy, energyText, intervalText, isKnown, number } from "./format";
import { runOf } from "./front";
import { placeLabels, textWidth, type Box } from "./labels";
import type { Epoch, ReportData } from "./report_data";
import type { Texts } from "./text";
import { SYMBOLS, type Theme } from "./theme";

const FONT = 12;

export interface TrainLine {
  label: string;
  epochs: { index: number; accuracy: number; energy: number; epoch: Epoch }[];
}

/** Of every row the epochs with an accuracy and a cumulative energy. */
export function trainLines(data: ReportData): TrainLine[] {
  return data.rows.flatMap((row) => {
    const epochs = (runOf(data, row)?.epochs ?? []).flatMap((epoch) => {
      const energy = epoch.cumulative;
      if (epoch.accuracy === null || !isKnown(energy) || energy.value_j <= 0) return [];
      return [{ index: epoch.index, accuracy: epoch.accuracy, energy: energy.value_j, epoch }];
    });
    return epochs.length > 0 ? [{ label: row.label, epochs }] : [];
  });
}

function series(lines: TrainLine[], boxes: Box[], at: (e: { energy: number; accuracy: number }) => [number, number], theme: Theme): unknown[] {
  return lines.flatMap((line, i) => {
    const colour = theme.series[i % theme.series.length]!;
    const last = line.epochs[line.epochs.length - 1]!;
    const [x, y] = at(last);
    const size = 8;
    const box = boxes[i]!;
    const label = { show: true, formatter: line.label, position: [box.x - x + size / 2, box.y - y + size / 2], align: "left", verticalAlign: "top", color: colour, fontWeight: 600, fontSize: FONT, fontFamily: theme.font };
    const interval = last.epoch.cumulative;
    return [
      {
        type: "line", name: line.label, symbol: SYMBOLS[i % SYMBOLS.length], symbolSize: size, lineStyle: { color: colour, width: 2 }, itemStyle: { color: colour }, z: 3,
        data: line.epochs.map((e) => ({ value: [Math.log10(e.energy), 100 * e.accuracy], point: [i, e], ...(e === last ? { label } : {}) })),
      },
      { type: "custom", silent: true, z: 2, renderItem: errorBar(colour), data: isKnown(interval) ? [[Math.log10(interval.low_j), Math.log10(interval.high_j), 100 * last.accuracy]] : [] },
    ];
  });
}

/** A line as a chain of small boxes about 12 pixels apart. */
function strokeBoxes(corners: [number, number][]): Box[] {
  return corners.slice(1).flatMap(([bx, by], i) => {
    const [ax, ay] = corners[i]!;
    const steps = Math.max(1, Math.ceil(Math.hypot(bx - ax, by - ay) / 12));
    return Array.from({ length: steps }, (_, k) => {
      const t = (k + 0.5) / steps;
      return { x: ax + (bx - ax) * t - 6, y: ay + (by - ay) * t - 6, width: 12, height: 12 };
    });
  });
}

export function trainingOption(data: ReportData, texts: Texts): MakeOption {
  const lines = trainLines(data);
  return (theme, size) => {
    const grid = { left: 58, right: 16, top: 14, bottom: 50 };
    const x = logRange(lines.flatMap((l) => l.epochs.flatMap((e) => [e.energy, isKnown(e.epoch.cumulative) ? e.epoch.cumulative.high_j : e.energy])));
    const y = linearRange(lines.flatMap((l) => l.epochs.map((e) => 100 * e.accuracy)), 5, [0, 100]);
    const area = { x: grid.left, y: grid.top, width: size.width - grid.left - grid.right, height: size.height - grid.top - grid.bottom };
    const at = (e: { energy: number; accuracy: number }): [number, number] => [
      area.x + ((Math.log10(e.energy) - x.min) / (x.max - x.min)) * area.width,
      area.y + ((y.max - 100 * e.accuracy) / (y.max - y.min)) * area.height,
    ];
    const obstacles = lines.flatMap((l) => l.epochs.map((e) => at(e)).map(([px, py]) => ({ x: px - 6, y: py - 6, width: 12, height: 12 })));
    for (const line of lines) {
      const last = line.epochs[line.epochs.length - 1]!;
      const interval = last.epoch.cumulative;
      if (!isKnown(interval)) continue;
      const [low, py] = at({ energy: interval.low_j, accuracy: last.accuracy });
      const [high] = at({ energy: interval.high_j, accuracy: last.accuracy });
      obstacles.push({ x: low, y: py - 4, width: high - low, height: 8 });
    }
    const strokes = lines.flatMap((l) => strokeBoxes(l.epochs.map(at)));
    const boxes = placeLabels(
      lines.map((l) => {
        const [px, py] = at(l.epochs[l.epochs.length - 1]!);
        return { x: px, y: py, width: textWidth(l.label, FONT), height: FONT + 3 };
      }),
      obstacles, area, strokes);
    const style = axisStyle(theme);
    const ticks = { customValues: x.ticks };
    return {
      grid: { ...grid, outerBoundsMode: "none" },
      textStyle: { fontFamily: theme.font },
      tooltip: {
        ...tooltipStyle(theme), trigger: "item",
        formatter: (item: { data: { point: [number, TrainLine["epochs"][number]] } }) => {
          const [line, e] = item.data.point;
          return tip(`${lines[line]!.label}, ${texts.of("train.epoch", { n: String(e.index + 1) })}`, [
            `${texts.of("col.accuracy")}: ${accuracy(e.accuracy)}`,
            `${texts.of("col.train_energy")}: ${energyText(e.epoch.cumulative)}`,
            `${texts.of("interval")}: ${intervalText(e.epoch.cumulative)}`,
            `${texts.of("grade.short", { grade: e.epoch.cumulative.grade })}: ${texts.named("grade", e.epoch.cumulative.grade)}`,
          ]);
        },
      },
      xAxis: {
        ...style, type: "value", min: x.min, max: x.max, name: texts.of("train.x"), nameGap: 30, axisTick: { show: false, ...ticks },
        axisLabel: { ...(style.axisLabel as object), ...ticks, hideOverlap: true, formatter: (log: number) => number(10 ** log).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "") },
      },
      yAxis: { ...style, type: "value", min: y.min, max: y.max, interval: y.step, name: texts.of("scatter.y"), nameGap: 42 },
      series: series(lines, boxes, at, theme),
    };
  };
}
