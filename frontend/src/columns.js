// The columns that the table of runs can have, and which of them it has.
import { DURATION, byImportance, metricAxis } from "./model.js";
import { digitsIn, duration, number, shorten } from "./wording.js";

/** @import { Axis, Picture, Row, SweepMetric, TableColumn, View } from "./types.js" */

const MANY = 8; // parameters
const [LETTERS, LETTERS_OF_MANY] = [20, 14]; // of their names, before they are shortened
const RESULTS_WITHOUT_METRIC = 3; // that are shown where the config names none

/** Columns at the left that stay when the others are scrolled, and are always there. */
export const FIXED = ["number", "state"];

/**
 * All columns of a picture: first the run, its state and the metrics, then the parameters, those
 * that decide first, then when and where it ran, then what is the same for all.
 * @param {Picture} picture @returns {TableColumn[]}
 */
export function allColumns(picture) {
  const { metric, constants, rows } = picture;
  const results = resultColumns(picture);
  const workers = new Set(rows.map(({ worker }) => worker).filter(Boolean)).size;
  return [
    column("number", "run", { isRight: true, text: runLabel, value: (row) => row.number, firstDirection: -1, aliases: ["#"] }),
    column("state", "state", { text: (row) => row.word, value: (row) => row.state }),
    ...results,
    ...(metric ? [column("curve", "curve", { text: () => "", value: () => null, isSortable: false, isResult: true })] : []),
    ...paramColumns(picture),
    ...(metric ? [column("last_step", "last step", { isRight: true, isHidden: true, text: (row) => (row.span.length ? `${row.span[row.span.length - 1]}` : ""),
      value: (row) => row.span[row.span.length - 1] ?? null, title: "Last step at which the metric was logged" })] : []),
    column("start_s", "started", { isRight: true, isHidden: true, isTime: true, text: (row) => (row.start_s === null ? "" : `+${duration(row.start_s)}`),
      value: (row) => row.start_s, title: "When it began, after the sweep was made" }),
    column("duration_s", "time", { isRight: true, isTime: true, text: (row) => duration(row.duration_s), value: (row) => row.duration_s, aliases: ["duration"] }),
    ...(workers ? [column("worker", "worker", { isHidden: workers < 2, text: (row) => row.worker, value: (row) => row.worker || null })] : []),
    column("note", "note", { isHidden: true, text: (row) => row.note, value: (row) => row.note || null, aliases: ["error"] }),
    ...constants.map(([name, text]) => column(`constant:${name}`, name, { isHidden: true, isConstant: true, text: () => text, value: () => text || null })),
  ];
}

/** @param {string} key @param {string} name @param {Omit<Partial<TableColumn>, "key"|"name"> & Pick<TableColumn, "text"|"value">} more @returns {TableColumn} */
const column = (key, name, more) => ({
  key, name, label: name, title: name, isRight: false, isHidden: false, isSortable: true, firstDirection: 1, aliases: [], ...more });

/** @param {Row & {n?: number}} row */
export const runLabel = ({ number: n, attempt, n: times }) => `${n}${attempt ? `.${attempt}` : ""}${times ? ` ×${times}` : ""}`;

/** The metrics of the sweep, then what else its runs have logged. @param {Picture} picture */
function resultColumns({ metric, metrics, axes }) {
  /** @param {SweepMetric[]} all */
  const further = (all) => all.slice(1).map((each, k) => {
    const i = axes.findIndex((axis) => axis === axes.filter((one) => one.is_objective)[k]);
    return column(`param:${axes[i]?.name ?? each.name}`, each.name, { label: headingOf(each), title: headingOf(each), isRight: true, isMetric: true, isResult: true,
      text: (row) => row.results[k] ?? "", value: (row) => row.places[i] ?? null, firstDirection: each.goal === "maximize" ? -1 : 1 });
  });
  const own = metric ? [column("metric", metric.name, { label: headingOf({ ...metric, ...metrics[0] }), title: headingOf({ ...metric, ...metrics[0] }), isRight: true,
    isMetric: true, isResult: true, text: (row) => row.metric_text, value: (row) => row.metric, firstDirection: metric.goal === "maximize" ? -1 : 1, aliases: ["metric"] }),
    ...further(metrics)] : [];
  const extras = axes.map((axis, i) => ({ axis, i })).filter(({ axis }) => axis.is_extra && !axis.is_objective && axis.name !== DURATION);
  return [...own, ...extras.map(({ axis, i }, k) => column(`param:${axis.name}`, axis.name, {
    isRight: true, isResult: true, isHidden: !!metric || k >= RESULTS_WITHOUT_METRIC, firstDirection: axis.best > axis.poor ? -1 : 1,
    text: (row) => placeText(axis, row.places[i]), value: (row) => row.places[i] ?? null }))];
}

/** @param {Axis} axis @param {number|null|undefined} place */
const placeText = (axis, place) => (typeof place === "number" ? number(place, digitsIn(axis.low, axis.high, 4)) : "");

/** A metric with an arrow to its good end, and its limits. @param {Pick<SweepMetric, "name"|"goal"> & Partial<SweepMetric>} metric */
const headingOf = ({ name, goal, is_objective: isObjective = true, at_least: least, at_most: most }) =>
  [name, isObjective && (goal === "maximize" ? "↑" : "↓"), typeof least === "number" && `≥ ${number(least)}`,
    typeof most === "number" && `≤ ${number(most)}`].filter(Boolean).join(" ");

/** The parameters by importance. @param {Picture} picture */
function paramColumns(picture) {
  const { columns, axes } = picture;
  const place = new Map(columns.map(({ name }, j) => [name, j]));
  const names = [...new Set([...byImportance(picture), ...place.keys()])].filter((name) => place.has(name)); // there are columns before there are axes
  const labels = shorten(names, names.length > MANY ? LETTERS_OF_MANY : LETTERS);
  const metric = metricAxis(axes);
  const at = new Map(axes.map((axis, i) => /** @type {[string, number]} */ ([axis === metric || axis.is_extra ? "" : axis.name, i])));
  return names.map((name, k) => {
    const j = place.get(name) ?? 0;
    const i = at.get(name) ?? -1;
    return column(`param:${name}`, name, { label: labels[k], isRight: columns[j].numeric, isParam: true, isLog: columns[j].log,
      text: (row) => row.texts[j] ?? "", value: (row) => (i >= 0 ? row.places[i] ?? null : row.texts[j] || null), isCategory: axes[i]?.kind === "category" });
  });
}

/** The columns that are shown. @param {TableColumn[]} all @param {View} view */
export const shownColumns = (all, { table: { columns } }) =>
  all.filter(({ key, isHidden }) => FIXED.includes(key) || (columns[key] ?? !isHidden));

/** The columns that can be chosen. @param {TableColumn[]} all */
export const choosable = (all) => all.filter(({ key }) => !FIXED.includes(key));

/** The columns of the newest picture, made anew only when something that they come from is another. @returns {(picture: Picture) => TableColumn[]} */
export function rememberedColumns() {
  /** @type {unknown[]} */
  let from = [];
  /** @type {TableColumn[]} */
  let known = [];
  /** @type {Picture|null} */
  let last = null;
  return (picture) => {
    if (picture === last) return known;
    last = picture;
    const { columns, axes, metric, metrics, constants, importance, rows } = picture;
    const now = [columns, axes, metric, metrics, constants, importance, new Set(rows.map(({ worker }) => worker)).size];
    if (now.some((each, i) => each !== from[i])) [from, known] = [now, allColumns(picture)];
    return known;
  };
}
