// SPDX-License-Identifier: Apache-2.0
// Power over time of one run, with the bands of its phases.
import { axisStyle, tip, tooltipStyle, type MakeOption } from "./charts";
import { duration, number } from "./format";
import { textWidth } from "./labels";
import { bands, phaseAt, type Band } from "./phases";
import type { Power, Run } from "./report_data";
import type { Texts } from "./text";
import type { Theme } from "./theme";

/** A phase is named once, in its longest band, and only where the name fits. */
function markArea(all: Band[], perSecond: number, texts: Texts, theme: Theme): Record<string, unknown> {
  const length = (band: Band): number => band.end - band.begin;
  const longest = (phase: string): number => Math.max(...all.filter((band) => band.phase === phase).map(length));
  const named = new Set(all.map((band) => band.phase).map((phase) => all.find((band) => band.phase === phase && length(band) === longest(phase))));
  return {
    silent: true,
    data: all.map((band) => {
      const name = texts.named("phase", band.phase);
      const fits = named.has(band) && length(band) * perSecond > textWidth(name, 12);
      return [
        {
          xAxis: band.begin, itemStyle: { color: theme.phase[band.phase] ?? theme.grid },
          label: { show: fits, formatter: name, position: "insideTop", distance: 6, color: theme.soft, fontSize: 12, fontFamily: theme.font },
        },
        { xAxis: band.end },
      ];
    }),
  };
}

export function powerOption(run: Run, power: Power, texts: Texts): MakeOption {
  const all = bands(run.windows);
  const data = power.watts.map((w, i) => [power.begin_s + (i + 0.5) * power.step_s, w]);
  const end = Math.max(power.begin_s + power.watts.length * power.step_s, ...all.map((band) => band.end));
  const top = Math.max(0.001, ...power.watts.map((w) => w ?? 0)) * 1.18;
  return (theme, size) => {
    const grid = { left: 58, right: 16, top: 14, bottom: 50 };
    const perSecond = (size.width - grid.left - grid.right) / end;
    const style = axisStyle(theme);
    return {
      grid: { ...grid, outerBoundsMode: "none" },
      textStyle: { fontFamily: theme.font },
      tooltip: {
        ...tooltipStyle(theme), trigger: "axis", axisPointer: { type: "line", lineStyle: { color: theme.soft } },
        formatter: (items: { data: [number, number | null] }[]) => {
          const [time, watts] = items[0]?.data ?? [0, null];
          const phase = phaseAt(all, time);
          return tip(watts === null ? "-" : `${number(watts)} W`, [`${number(time)} s`, phase ? texts.named("phase", phase) : ""]);
        },
      },
      xAxis: { ...style, type: "value", min: 0, max: end, name: texts.of("power.x"), nameGap: 30, splitLine: { show: false }, axisLabel: { ...(style.axisLabel as object), showMaxLabel: false } },
      yAxis: { ...style, type: "value", min: 0, max: top, name: texts.of("power.y"), nameGap: 42, axisLabel: { ...(style.axisLabel as object), showMaxLabel: false } },
      series: [{
        type: "line", data, symbol: "none", connectNulls: false, z: 3, lineStyle: { color: theme.accent, width: 1.75 },
        areaStyle: { color: theme.accent, opacity: 0.1 }, markArea: markArea(all, perSecond, texts, theme),
      }],
    };
  };
}

/** What was added up, how finely it is drawn, and that it is modelled where it is. */
export function powerCaption(power: Power, texts: Texts): string {
  const names = power.channels.map((id, i) => {
    const known = texts.named("channel", id);
    return known === id ? power.labels[i] || id : known;
  });
  const caption = texts.of("power.caption", { channels: names.join(" + "), step: duration(power.step_s) });
  return power.estimated ? `${caption}${texts.language === "ja" ? "。" : "; "}${texts.of("power.estimated")}` : caption;
}
