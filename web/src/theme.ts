// SPDX-License-Identifier: Apache-2.0
// Colours of the charts, read from the style sheet so that light, dark and print have one source.

export interface Theme {
  ink: string;
  soft: string;
  line: string;
  grid: string;
  surface: string;
  accent: string;
  warn: string;
  font: string;
  /** Series colours; every series also has a symbol of its own and a label. */
  series: string[];
  phase: Record<string, string>;
}

export const SYMBOLS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect", "emptyTriangle", "emptyDiamond"];

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of("ink"), soft: of("soft"), line: of("line"), grid: of("grid"), surface: of("surface"), accent: of("accent"), warn: of("warn"),
    font: getComputedStyle(document.body).fontFamily,
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((i) => of(`series-${i}`)),
    phase: Object.fromEntries(["setup", "warmup", "train", "evaluate", "infer", "prefill", "decode", "singlestream", "multistream", "server", "server_probe", "command"].map((p) => [p, of(`phase-${p}`)])),
  };
}
