// SPDX-License-Identifier: Apache-2.0
// The JSON that the page reads: exactly what `btrack report --format json` prints (docs/report-data.md).

export type Language = "en" | "ja";

export const FORMAT = "btrack-report";
export const VERSION = 1;

/** A text of data/messages.json with its {name}s; values are finished texts with their units. */
export interface Sentence {
  key: string;
  values: Record<string, string>;
}

/** One energy in joules. The bounds are the ends of the 95 % interval; null where nothing is known. */
export interface Energy {
  source: "measured" | "estimated" | "missing";
  grade: "A" | "B" | "C" | "D" | "E" | "F";
  value_j: number | null;
  low_j: number | null;
  high_j: number | null;
  coverage: string[];
  flags: string[];
  note: string;
}

/** Prompts read (prefill) or answers written (decode). Latency: to the first token, or from one to the next. */
export interface TokenPhase {
  tokens: number;
  tokens_per_s: number;
  latency_s: number | null;
  latency_low_s: number | null;
  latency_high_s: number | null;
  energy_per_token: Energy;
  net_energy_per_token: Energy;
}

/** In seconds, with the ends of its 95 % interval; too few queries leave an end open. */
export interface Percentile {
  value_s: number;
  low_s: number;
  high_s: number | null;
  too_few: boolean;
}

/** A load scenario of a run. Rate: queries per second that were offered to the server. */
export interface ScenarioLine {
  phase: "singlestream" | "multistream" | "server";
  queries: number;
  items_per_s: number;
  rate_per_s: number | null;
  /** Null where the worker told none. */
  latency: { mean_s: number; p50: Percentile; p90: Percentile; p99: Percentile; max_s: number } | null;
  energy_per_query: Energy;
  net_energy_per_query: Energy;
  flags: string[];
}

/** One rate that was offered: a probe of the search, or the measured repetitions. */
export interface RatePoint {
  rate_per_s: number;
  probe: boolean;
  p99: Percentile;
  energy_per_query: Energy;
}

export type Verdict = "chosen" | "tied" | "accepted" | "rejected" | "not_compared";

/** How firmly the recommendation stands: 採用可, 条件付, 要再測定, 見送り. */
export type Word = "adopt" | "conditional" | "remeasure" | "decline";

/** One line of the comparison: the newest run of a workload and its settings. */
export interface Row {
  run: string;
  workload: string;
  /** The workload, made unique where two rows share it. */
  label: string;
  /** What one inference is of: "images", "tokens". */
  item_unit: string;
  verdict: Verdict;
  /** Why it was rejected or could not be compared. */
  reason: Sentence | null;
  on_front: boolean;
  accuracy: number | null;
  parameters: number;
  macs_per_item: number;
  energy_per_1000: Energy;
  time_per_1000_s: number | null;
  train_energy: Energy;
  train_time_s: number | null;
  /** Sequences side by side in inference, prefill and decode. */
  batch: number;
  /** Tokens of each prompt and answer; 0 where nothing was generated. */
  prompt: number;
  generate: number;
  prefill: TokenPhase | null;
  decode: TokenPhase | null;
  scenarios: ScenarioLine[];
  /** By rising rate. */
  rates: RatePoint[];
  latency_limit_s: number | null;
}

/** From one rung of the front to the next more accurate one. Indices into `rows`. */
export interface Step {
  from: number;
  to: number;
  accuracy_points: number;
  extra_energy_per_1000_j: number;
  marginal_energy_per_point_j: number;
  saving_if_step_down: number;
}

/** One model trained on a number of devices; energy and items of the node that was measured. */
export interface ScalingLine {
  workload: string;
  devices: number;
  batch: number;
  energy_per_item: Energy;
  items_per_s: number | null;
}

export interface PhaseWindow {
  phase: string;
  index: number;
  /** Seconds after the start of the recording. */
  begin_s: number;
  end_s: number;
  items: number;
  energy: Energy;
}

/** One training epoch; `cumulative` is the training energy from the first epoch to the end of this one. */
export interface Epoch {
  index: number;
  accuracy: number | null;
  energy: Energy;
  cumulative: Energy;
  cumulative_time_s: number;
}

/** Mean power of the total in `step_s` long cells; null where nothing was recorded. */
export interface Power {
  begin_s: number;
  step_s: number;
  watts: (number | null)[];
  channels: string[];
  /** What the channels are called for people. */
  labels: string[];
  estimated: boolean;
}

export interface Check {
  name: string;
  expected: number;
  actual: number;
}

export interface Run {
  id: string;
  status: "complete" | "failed" | "interrupted";
  started_utc: string;
  failure: { kind: string; message: string; remedy: string } | null;
  /** One value per entry of `columns`. */
  cells: (number | string | null)[];
  windows: PhaseWindow[];
  epochs: Epoch[];
  power: Power | null;
  checks: Check[];
  provenance: Record<string, string>;
  sampling: { cpu_time_s: number; wall_time_s: number; rounds: number; lost: number };
}

export interface Column {
  id: string;
  unit: string;
  type: "integer" | "real" | "text";
  en: string;
  ja: string;
}

/** A model trained to a target from several seeds; times and energies of those that reached it. */
export interface TargetLine {
  workload: string;
  target_accuracy: number;
  seeds: number;
  /** Of each seed that reached it, rising. */
  epochs: number[];
  time: { median_s: number; least_s: number; most_s: number } | null;
  energy: { median: Energy; least_j: number; most_j: number } | null;
}

/** AI Benchmark's scores; null where a test is missing or does not count, which `statements` name. */
export interface AiBenchmark {
  total: number | null;
  inference: number | null;
  training: number | null;
  statements: Sentence[];
}

export interface ReportData {
  format: typeof FORMAT;
  version: typeof VERSION;
  language: Language;
  tool_version: string;
  generated_utc: string;
  title: Sentence;
  requirement: { min_accuracy: number; objective: "energy" | "time" };
  /** What has to be known before any figure. */
  notices: Sentence[];
  verdict: { word: Word; headline: Sentence; reasons: Sentence[]; row: number | null };
  ai_benchmark: AiBenchmark | null;
  rows: Row[];
  steps: Step[];
  /** Empty unless a model was trained on different numbers of devices. */
  scaling: ScalingLine[];
  /** Empty where nothing was trained to a target. */
  targets: TargetLine[];
  target_notes: Sentence[];
  left_out: { run: string; reason: Sentence }[];
  unknowns: Sentence[];
  columns: Column[];
  runs: Run[];
}

/** Reads the embedded JSON; throws with one clear sentence when it is not a report of this version. */
export function parseReport(text: string): ReportData {
  const data = JSON.parse(text) as Partial<ReportData> | null;
  if (data?.format !== FORMAT) throw new Error(`the data of this page is not a ${FORMAT}`);
  if (data.version !== VERSION) {
    throw new Error(`this page shows version ${VERSION} of the data, but found version ${String(data.version)}`);
  }
  return data as ReportData;
}
