// SPDX-License-Identifier: Apache-2.0
// ECharts with only the parts that are used, as SVG: sharp in print, readable for tests.
import { CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { CustomSeriesRenderItem } from "echarts/types/dist/shared";
import { h } from "./dom";
import { readTheme, type Theme } from "./theme";

use([CustomChart, LineChart, ScatterChart, GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

export interface Size {
  width: number;
  height: number;
}
export type MakeOption = (theme: Theme, size: Size, chart: EChartsType) => EChartsCoreOption;

/** Draws charts, redraws them when their place changes its size or the page its colours. */
export class Charts {
  private readonly drawn = new Map<HTMLElement, { chart: EChartsType; make: MakeOption }>();
  private readonly observer = new ResizeObserver((entries) => {
    for (const entry of entries) this.draw(entry.target as HTMLElement);
  });

  /** The place for a chart; it is drawn as soon as it has a size. */
  place(id: string, alt: string, make: MakeOption): HTMLElement {
    const place = h("div", { id, class: "chart", role: "img", "aria-label": alt });
    const chart = init(place, null, { renderer: "svg", width: 10, height: 10 });
    this.drawn.set(place, { chart, make });
    this.observer.observe(place);
    return place;
  }

  redraw(): void {
    for (const place of this.drawn.keys()) this.draw(place);
  }

  clear(): void {
    for (const [place, { chart }] of this.drawn) {
      this.observer.unobserve(place);
      chart.dispose();
    }
    this.drawn.clear();
  }

  private draw(place: HTMLElement): void {
    const entry = this.drawn.get(place);
    const size = { width: place.clientWidth, height: place.clientHeight };
    if (!entry || size.width < 50 || size.height < 50) return;
    entry.chart.resize({ ...size, silent: true });
    entry.chart.setOption({ animation: false, ...entry.make(readTheme(), size, entry.chart) }, { notMerge: true });
    place.querySelector("svg")?.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  }
}

/** What all charts share: the frame, quiet axes, tooltips as elements of our own. */
export function axisStyle(theme: Theme): Record<string, unknown> {
  return {
    axisLine: { show: true, onZero: false, lineStyle: { color: theme.line } },
    axisTick: { show: false },
    axisLabel: { color: theme.soft, fontSize: 12, fontFamily: theme.font },
    splitLine: { show: true, lineStyle: { color: theme.grid, width: 1 } },
    nameTextStyle: { color: theme.soft, fontSize: 12, fontFamily: theme.font },
    nameLocation: "middle",
  };
}

export function tooltipStyle(theme: Theme): Record<string, unknown> {
  return {
    confine: true,
    backgroundColor: theme.surface,
    borderColor: theme.line,
    textStyle: { color: theme.ink, fontSize: 13, fontFamily: theme.font },
    extraCssText: "box-shadow:0 4px 16px rgba(0,0,0,.12);border-radius:8px;",
  };
}

/** A tooltip's content: a title and lines, as elements. */
export function tip(title: string, lines: string[]): HTMLElement {
  return h("div", { class: "tip" }, h("strong", {}, title), ...lines.filter(Boolean).map((line) => h("div", {}, line)));
}

/** Vertical error bars from data rows [x, low, high]. */
export function verticalErrorBar(colour: string): CustomSeriesRenderItem {
  return (_, api) => {
    const [x, y1] = api.coord([api.value(0), api.value(1)]) as [number, number];
    const [, y2] = api.coord([api.value(0), api.value(2)]) as [number, number];
    const style = { stroke: colour, lineWidth: 1.5 };
    const bar = (a: number, b: number, c: number, d: number) => ({ type: "line" as const, shape: { x1: a, y1: b, x2: c, y2: d }, style });
    return { type: "group", children: [bar(x, y1, x, y2), bar(x - 4, y1, x + 4, y1), bar(x - 4, y2, x + 4, y2)] };
  };
}

/** Horizontal error bars from data rows [low, high, y]. */
export function errorBar(colour: string): CustomSeriesRenderItem {
  return (_, api) => {
    const [x1, y] = api.coord([api.value(0), api.value(2)]) as [number, number];
    const [x2] = api.coord([api.value(1), api.value(2)]) as [number, number];
    const style = { stroke: colour, lineWidth: 1.5 };
    const bar = (a: number, b: number, c: number, d: number) => ({ type: "line" as const, shape: { x1: a, y1: b, x2: c, y2: d }, style });
    return { type: "group", children: [bar(x1, y, x2, y), bar(x1, y - 4, x1, y + 4), bar(x2, y - 4, x2, y + 4)] };
  };
}
