// The types of the panel. First what Python sends: the keys are those of the TypedDicts in
// nbsweep/view/model.py and nbsweep/view/delta.py, where each is explained, and a test
// compares the two. Then the messages of nbsweep/panel/widget.py, and what the modules share.

// ---------------------------------------------------------------- the picture

export type RunState =
  | "pending" | "running" | "finished" | "failed" | "crashed" | "killed" | "stopped" | "preempting" | "preempted";
export type Goal = "minimize" | "maximize";

export interface Sweep {
  id: string;
  name: string;
  method: string;
  project: string;
  state: string;
  word: string;
  message: string;
}

export interface Progress {
  done: number;
  total: number | null;
  active: number;
  counts: Partial<Record<RunState, number>>;
  words: string[];
  saved: string;
  plan: string;
  workers: number;
  elapsed_s: number | null;
  remaining_s: number | null;
}

export interface Metric {
  name: string;
  goal: Goal;
  target: number | null;
}

export interface SweepMetric {
  name: string;
  goal: Goal;
  at_most: number | null;
  at_least: number | null;
  is_objective: boolean;
}

export interface Best {
  id: string;
  number: number;
  name: string;
  value: number;
  text: string;
  config: Record<string, unknown>;
}

export interface Column {
  name: string;
  numeric: boolean;
  log: boolean;
}

export interface Failure {
  text: string;
  runs: number[];
  traceback: string;
}

export interface Axis {
  name: string;
  kind: "linear" | "log" | "category";
  low: number;
  high: number;
  ticks: [position: number, label: string][];
  categories: string[];
  marks: number[];
  is_metric: boolean;
  is_extra: boolean;
  is_objective: boolean;
  best: number;
  poor: number;
}

export interface Row {
  id: string;
  number: number;
  attempt: number;
  name: string;
  state: RunState;
  word: string;
  active: boolean;
  counts: boolean;
  texts: string[];
  places: (number | null)[];
  metric: number | null;
  metric_text: string;
  results: string[];
  beyond: string;
  curve: number[];
  span: number[];
  diverged: boolean;
  continued: [place: number, text: string][];
  start_s: number | null;
  duration_s: number | null;
  note: string;
  worker: string;
}

export interface Repeated {
  id: string;
  others: string[];
  n: number;
  metric: number;
  metric_text: string;
  results: string[];
}

/** A row of the table: a run, or several of the same params. */
export type Line = Row & Partial<Pick<Repeated, "n">>;

/** A row whose run came to an end that its metric can be judged by. */
export type CountedRow = Row & { metric: number };

export interface ImportanceRow {
  name: string;
  importance: number;
  error: number;
  correlation: number | null;
  high_value: string | null;
  ratio: number | null;
  best_value: string | null;
  n_runs: number;
  stands_out: boolean;
  dependence: [place: number, value: number][];
}

export interface Importance {
  verdict: string;
  n_runs: number;
  is_ranked: boolean;
  rows: ImportanceRow[];
  left_out: string;
  metric: string;
  method: string;
  heading: string;
  explained: string;
  notes: string[];
}

export interface Volume {
  steps: [run: number, volume: number][];
  text: string;
}

export interface Outlook {
  suggestion: "go on" | "stop" | "unknown";
  verdict: string;
  sentences: string[];
}

export interface Finding {
  text: string;
  parameters: Record<string, Spec>;
}

export interface Belief {
  name: string;
  text: string;
  ranges: [low: number, high: number][];
}

export interface Picture {
  seq: number;
  live: boolean;
  sweep: Sweep;
  progress: Progress;
  metric: Metric | null;
  best: Best | null;
  metrics: SweepMetric[];
  front: string[];
  standing: string;
  columns: Column[];
  constants: [name: string, text: string][];
  failures: Failure[];
  notes: string[];
  axes: Axis[];
  beliefs: Belief[];
  findings: Finding[];
  importance: Importance | null;
  outlook: Outlook | null;
  hypervolume: Volume | null;
  rows: Row[];
  repeated: Repeated[];
  logged: string[];
}

export interface Delta {
  seq: number;
  set: Partial<Omit<Picture, "seq" | "rows">>;
  rows: (Partial<Row> & { id: string })[];
  gone: string[];
}

export type Pairs = [name: string, text: string][];

export interface Detail {
  console: string;
  error: string;
  /** Sentences: why it was stopped, and why it has its params. */
  stopped: string[];
  why: string[];
  metrics: Pairs;
  config: Pairs;
  /** The whole config. */
  json: string;
  parts: Pairs;
  continued: Pairs;
  facts: Pairs;
  /** Unix time in seconds. */
  started: number | null;
  iterations: number;
  cannot_continue: string;
}

// ---------------------------------------------------------------- messages

export interface Controls {
  actions: string[];
  bridge: string;
  /** The further charts that Python can draw. */
  charts: [name: string, label: string][];
}

/** A parameter's spec in the sweep config: the keys that the form reads, among others. */
export interface Spec {
  [key: string]: unknown;
  values?: unknown[];
  probabilities?: number[];
  min?: number;
  max?: number;
  value?: unknown;
}

export interface Analysis {
  key: string;
  found: Importance | null;
  error: string;
}

export interface StillChart {
  title: string;
  caption: string;
  alt: string;
  svg: string;
  n_runs: number;
  n_ended: number;
  took_s: number;
}

export interface Drawn {
  name: string;
  chart: StillChart | null;
  error: string;
}

/** New and changed lines of what runs print, by number; those before `first` are gone. */
export interface LogNews {
  first: number;
  lines: [number: number, run: number, text: string][];
}

export interface Answer {
  action: string;
  run: string | null;
  ok: boolean;
  text: string;
  code?: string;
  created?: string | null;
}

/** Texts as each different one, and for each run the index of its text. */
export interface Coded {
  texts: string[];
  codes: number[];
}

/** Rows as columns, see nbsweep/panel/packing.py. */
export interface PackedRows {
  n: number;
  numbers: string[];
  n_axes: number;
  curve_bytes?: number;
  ids: string[];
  names: string[];
  states: Coded;
  words: Record<string, string>;
  workers: Coded;
  notes: Coded;
  metric_texts: string[];
  texts: Coded[];
  beyond: Coded;
  results: Coded[];
  steps: Record<number, Row["span"]>;
  continued: Record<number, Row["continued"]>;
  diverged: number[];
}

/** Curves that were asked for: the x of all points, then their y, float64, in a buffer. */
export interface SentSeries {
  x: string;
  y: string;
  runs: string[];
  /** History rows that each was made from. */
  rows: number[];
  /** Points of each. */
  lengths: number[];
  /** Runs that are still to be read. */
  n_left: number;
  took_s: number;
  error: string;
}

export type FromKernel =
  | ({ kind: "series" } & SentSeries)
  | { kind: "picture"; picture: Picture; rows?: PackedRows }
  | ({ kind: "delta" } & Delta)
  | { kind: "detail"; run: string; detail: Detail }
  | ({ kind: "analysis" } & Analysis)
  | { kind: "space"; specs: Record<string, Spec> }
  | ({ kind: "chart" } & Drawn)
  | ({ kind: "log" } & LogNews)
  | ({ kind: "answer" } & Answer);

/** What an action needs to know. */
export interface ActionInputs {
  run?: string;
  count?: number;
  parameters?: Record<string, Spec>;
  create?: boolean;
  brushes?: Brushes;
  runs?: string[];
  withdraw?: string;
}

export type ToKernel =
  | { kind: "here" | "ready" | "resync" | "space" }
  | { kind: "detail"; run: string }
  | { kind: "chart"; name: string }
  | { kind: "series"; x: string; y: string; runs: string[]; rows: number[] }
  | { kind: "log"; lines: number }
  | { kind: "analyse"; key: string; target: string; runs: string[] | null; method: string }
  | ({ kind: "steer"; action: string } & ActionInputs);

// ---------------------------------------------------------------- the panel

/** From low to high, in positions of an axis; MISSING is a position like any other. */
export type Interval = [low: number, high: number];

/** Intervals by the name of their axis. */
export interface Brushes {
  ranges: Record<string, Interval[]>;
  invert: boolean;
}

/** Runs that are left out of all charts: these, or, where `keeps`, all but these of those up to a number. */
export interface Cut {
  ids: string[];
  keeps: boolean;
  upto: number;
}

/** How the axes are looked at; axes by name. */
export interface View {
  order: string[];
  hidden: string[];
  shown: string[];
  flipped: string[];
  scales: Record<string, "linear" | "log">;
  colour: string;
  /** Axes of the objectives that span the front's chart, across and upwards; [] for the first two. */
  front: string[];
  histograms: boolean;
  /** Runs that are left out; null for none. */
  cut: Cut | null;
  /** What the charts show, by their names. */
  charts: Record<string, ChartChoice>;
  table: TableView;
}

/** How the table of runs is looked at. */
export interface TableView {
  /** Columns by their keys that are shown or hidden unlike they are by default. */
  columns: Record<string, boolean>;
  query: string;
  /** Whether the best runs have their own places, instead of the first ones. */
  isUnpinned: boolean;
  /** Ids of the runs that are compared, in the order in which they were ticked. */
  compared: string[];
}

/** A column of the table of runs. */
export interface TableColumn {
  key: string;
  name: string;
  /** The name as far as it has room. */
  label: string;
  title: string;
  text(row: Line): string;
  /** What rows are sorted and filtered by. */
  value(row: Row): string | number | null;
  isRight: boolean;
  /** Whether it is there only when chosen. */
  isHidden: boolean;
  isSortable: boolean;
  /** -1 where the greatest comes first when it is sorted by. */
  firstDirection: number;
  /** Further names that a filter knows it by. */
  aliases: string[];
  isMetric?: boolean;
  /** A metric, another result or the curve: nothing is there for a run that failed. */
  isResult?: boolean;
  isParam?: boolean;
  /** Whether its values are compared by their ratio. */
  isLog?: boolean;
  /** Its values are places of categories. */
  isCategory?: boolean;
  isConstant?: boolean;
  /** In seconds. */
  isTime?: boolean;
}

/** What a saved output and Python keep of a page. */
export type KeptBrushes = Partial<Brushes> & { view?: Partial<Omit<View, "table">> & { table?: Partial<TableView> } };

export interface Options {
  picture: Picture | null;
  controls?: Controls;
  details?: Record<string, Detail>;
  brushes?: KeptBrushes;
  /** The last lines that runs printed. */
  log?: [run: number, text: string][];
  send?: (message: ToKernel) => void;
  onSelect?: (ids: string[], brushes: KeptBrushes) => void;
}

/** Colours of what is drawn on canvases. */
export interface Colours {
  ramp: string[];
  line: string;
  faint: string;
  active: string;
  bad: string;
  hover: string;
  front: string;
  halo: string;
}

/** How much is drawn anew. */
export type Amount = "mark" | "brush" | "draw";
export type Redraw = (amount: Amount) => void;

/** The position of each run on each axis. */
export type Positions = (row: Row, axes: Axis[]) => ArrayLike<number>;

export interface PanelState {
  root: ShadowRoot;
  /** What is shown: without the runs that were left out. Unknown at first; no part is drawn or clicked before it has come. */
  picture: Picture;
  /** With all runs. */
  whole: Picture;
  controls: Controls;
  details: Map<string, Detail>;
  byId: Map<string, Row>;
  brushes: Brushes;
  view: View;
  selected: Set<string> | null;
  /** Selected in Python, until the next brush. */
  chosen: Set<string> | null;
  hovered: string | null;
  /** The parameter that the pointer is on. */
  parameter: string | null;
  opened: string | null;
  /** The rows of the table in its order, also those that it does not show yet. */
  listed: Row[];
  query: string;
  sort: { key: string; direction: number };
  /** Actions that nobody has answered yet. */
  waiting: Set<string>;
  /** What went wrong, and the action that it is about; "" where nothing did. */
  trouble: { text: string; about: string } | "";
  isGone: boolean;
  isSilent: boolean;
  colours: Colours;
  isDark: boolean;
  positions: Positions;
}

/** What the parts of the panel share: its state, and what can be done to it. */
export interface Panel extends PanelState {
  canAsk: boolean;
  send(message: ToKernel): void;
  steer(action: string, steps?: ActionInputs): void;
  /** Says what is wrong, at the top of what is seen; "" takes it away. */
  complain(text: string): void;
  hover(id: string | null): void;
  hoverParameter(name: string | null): void;
  open(id: string | null): void;
  look(change: Partial<View>): void;
  isOut(id: string): boolean;
  brush(brushes: Brushes, isFinal: boolean): void;
  /** Selects runs. */
  pick(runs: string[]): void;
  clear(): void;
  invert(): void;
  /** Leaves all other runs out of the charts and the table, or the selected ones. */
  cut(keeps: boolean): void;
  changed(): void;
  say(text: string): void;
}

export interface Part {
  draw(): void;
  /** Draws only what follows the pointer. */
  mark?(): void;
}

export type ChartName = "front" | "volume" | "best" | "curves" | "scatter" | "lines";

/** Where a chart lies in the grid of charts. */
export interface ChartPlace {
  name: ChartName;
  columns: number;
  rows: number;
}

/** A line that a run printed. */
export interface LogLine {
  number: number;
  run: number;
  text: string;
}

/** An objective of the sweep with its axis, which is the i-th of the picture. */
export interface ObjectiveAxis {
  metric: SweepMetric;
  axis: Axis;
  i: number;
}

/** A run's point on a chart. */
export interface Point {
  id: string;
  x: number;
  y: number;
}

/** What a chart shows: points with their values, and how they are drawn. */
export interface Scene {
  across: { label: string; low: number; high: number; unit?: number; isCounting?: boolean };
  upwards: { low: number; high: number; isLog: boolean };
  /** Whether points of one run that follow each other are joined. */
  isLine?: boolean;
  points: DataPoint[];
  /** What the pointer is told of a point. */
  text(point: DataPoint): string;
  marks?(x: Scale, y: Scale): SVGElement[];
  /** The last point of a run that is not among the points. */
  undrawn?(id: string): DataPoint | null;
  paint(ctx: CanvasRenderingContext2D, x: Scale, y: Scale): void;
  /** Draws a run once more, and a ring around the point that is meant. */
  highlight(ctx: CanvasRenderingContext2D, x: Scale, y: Scale, id: string, place: Place | null): void;
}

/** A point of a chart in its own units; one that is lost has no place on the scale of y. */
export interface DataPoint {
  id: string;
  x: number;
  y: number;
  isLost?: boolean;
}

/** Where a point of a scene is drawn. */
export interface Place extends Point {
  point: DataPoint;
}

/** The part of a chart that is shown, in its own units; null for all. */
export interface Zoom {
  x: [number, number] | null;
  y: [number, number] | null;
}

/** What a chart shows, see frontend/src/chart_choice.js; by default what the sweep is about. */
export interface ChartChoice {
  x?: string;
  y?: string;
  log?: boolean;
}

/** What can be chosen for a chart: each value with its text. */
export type Choices = [value: string, text: string][];

/** What one of the charts of the metric is about. */
export interface ChartContent {
  chosen(): ChartChoice & { x: string; y: string };
  offered(): { xs: Choices; ys: Choices };
  /** A string says why there is nothing to draw. */
  compose(zoom: Zoom): Scene | string;
  note(): string;
  /** The table of its numbers. */
  columns(): string[];
  cells(): (string | number | null)[][];
}

/** Curves of a metric over something: the points of one run. */
export interface Series {
  xs: ArrayLike<number>;
  ys: ArrayLike<number>;
}

export interface Scale {
  (value: number): number;
  domain: [number, number];
  /** The value that lies at a place. */
  invert(at: number): number;
  ticks(n: number): number[];
}

/** An axis of which only a part is shown where runs were left out, in its own positions. */
export type ShownAxis = Axis & { window?: Interval };

/** An axis that is drawn: its index in the picture, and where it stands. */
export interface DrawnAxis {
  axis: ShownAxis;
  i: number;
  x: number;
}

// ---------------------------------------------------------------- the page

type Listeners = { [K in keyof HTMLElementEventMap as `on${K}`]?: (event: HTMLElementEventMap[K]) => void };

/** Keys that begin with "on" are listeners, all others attributes. */
export interface Props extends Listeners {
  [name: string]: string | number | boolean | null | undefined | ((event: never) => void);
}

export type Child = Node | string | number | null | undefined | false | Child[];
export type Tag = keyof HTMLElementTagNameMap | `svg:${keyof SVGElementTagNameMap}`;
export type ElementOf<T extends Tag> =
  T extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[T]
  : T extends `svg:${infer Name extends keyof SVGElementTagNameMap}` ? SVGElementTagNameMap[Name]
  : never;

/** What an anywidget's `render` gets: the traits of nbsweep/panel/widget.py. */
export interface WidgetModel {
  get(name: "snap"): Picture | Record<string, never>;
  get(name: "controls"): Controls;
  get(name: "brushes"): KeptBrushes;
  get(name: "selected_ids"): string[];
  set(name: "brushes" | "selected_ids", value: KeptBrushes | string[]): void;
  save_changes(): void;
  send(message: ToKernel): void;
  on(event: "msg:custom", callback: (message: FromKernel, buffers: DataView[]) => void): void;
  on(event: "change:controls" | "change:selected_ids" | "comm_live_update", callback: () => void): void;
  off(event: string, callback: ((message: FromKernel, buffers: DataView[]) => void) | (() => void)): void;
}
