// SPDX-License-Identifier: Apache-2.0
// Numbers for people, by the same rules as btrack/report/format.cpp: three significant digits, groups, units.
import type { Energy } from "./report_data";

function grouped(digits: string): string {
  const [whole = "", fraction] = digits.split(".");
  const groups = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}

/** Three significant digits: "0.0123", "4.56", "123,000"; "-" if not finite. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(3));
  const magnitude = Math.floor(Math.log10(Math.abs(rounded)));
  if (magnitude < -5 || magnitude > 14) return value.toExponential(2);
  return grouped(rounded.toFixed(Math.max(0, 2 - magnitude)));
}

export const count = (value: number): string => grouped(String(Math.round(value)));
/** A share or a saving, not an accuracy. */
export const percent = (share: number): string => `${number(share * 100)} %`;
/** A difference of accuracies in percentage points, in the step of 10,000 test items. */
export const points = (percentages: number): string => percentages.toFixed(2);
/** Value and unit apart: two decimals, 0.8799 is never rounded up to 88.0. */
export const accuracyParts = (share: number): [string, string] => [points(share * 100), "%"];
export const accuracy = (share: number): string => accuracyParts(share).join(" ");
/** As given, with at least two decimals: "88.00 %", "87.995 %". */
export const requiredAccuracy = (share: number): string => `${(share * 100).toFixed(6).replace(/(\.\d\d\d*?)0+$/, "$1")} %`;

const ENERGY_UNITS: [number, string][] = [[1e9, "GJ"], [1e6, "MJ"], [1e3, "kJ"], [1, "J"], [1e-3, "mJ"], [1e-6, "µJ"]];
const TIME_UNITS: [number, string][] = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"]];

/** Value and unit apart, with the largest unit that leaves at least 1 before the point. */
function scaled(value: number, units: [number, string][]): [string, string] {
  const size = Math.abs(value);
  const found = units.find(([factor]) => size >= 0.9995 * factor) ?? units[units.length - 1]!;
  return [number(value / found[0]), found[1]];
}

export function jouleParts(value: number): [string, string] {
  return value === 0 ? ["0", "J"] : scaled(value, ENERGY_UNITS);
}

export function secondParts(value: number): [string, string] {
  if (value === 0) return ["0", "s"];
  if (value >= 7200) return [number(value / 3600), "h"];
  if (value >= 120) return [number(value / 60), "min"];
  return scaled(value, TIME_UNITS);
}

export const joules = (value: number): string => jouleParts(value).join(" ");
export const duration = (value: number): string => secondParts(value).join(" ");

export function isKnown(energy: Energy): energy is Energy & { value_j: number; low_j: number; high_j: number } {
  return energy.source !== "missing" && energy.value_j !== null && energy.low_j !== null && energy.high_j !== null;
}

/** "12.3 kJ", "< 0.2 J" where only an upper bound is known, else "-". */
export function energyText(energy: Energy): string {
  if (isKnown(energy)) return joules(energy.value_j);
  return energy.high_j !== null && energy.high_j > 0 ? `< ${joules(energy.high_j)}` : "-";
}

/** "10.1 – 14.9 kJ": both ends in the unit of the value; empty where nothing is known. */
export function intervalText(energy: Energy): string {
  if (!isKnown(energy)) return "";
  const [, unit] = jouleParts(energy.value_j);
  const factor = ENERGY_UNITS.find(([, name]) => name === unit)?.[0] ?? 1;
  return `${number(energy.low_j / factor)} – ${number(energy.high_j / factor)} ${unit}`;
}

/** "2026-11-23 01:02" of an ISO time; the caller says that it is UTC. */
export const dateText = (utc: string): string => utc.replace("T", " ").replace(/:\d\d(\.\d+)?Z?$/, "");
