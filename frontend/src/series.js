// Curves of any logged metric over time or another metric, which Python reads when they are
// chosen, and reads anew as runs go on. Only the live panel has them.
import { STEP, TIME } from "./curves.js";

/** @import { Choices, Panel, Row, SentSeries, Series } from "./types.js" */

const LEAST_MS = 2000; // between two questions
const PATIENCE_MS = 30_000; // until it asks again: a kernel may have been restarted
const COST = 50; // times as long as it took to read, too: at most 2 % of the time
const COST_AT_FIRST = 4; // the same while curves are missing: somebody waits for them

/** @param {Panel} panel */
export function series(panel) {
  let [x, y] = [STEP, ""];
  /** @type {Map<string, Series & {rows: number}>} */
  let curves = new Map();
  let asked = 0; // when; 0 once the answer has come
  let due = 0; // when they may be read anew
  let timer = 0;
  let error = "";
  let left = 0; // runs that are still to be read
  let seen = ""; // the state of the runs when it was asked last

  /** Asks for what is not there, or old. @param {Row[]} rows */
  function ask(rows) {
    if (panel.isGone || !panel.canAsk) return;
    const state = stateOf(rows);
    const isOld = left > 0 || state !== seen || rows.some((row) => row.active);
    if (!isOld || Date.now() - asked < PATIENCE_MS) return;
    const wait = due - Date.now();
    clearTimeout(timer);
    if (wait > 0 && state !== "") {
      timer = setTimeout(panel.changed, wait);
      return;
    }
    asked = Date.now();
    seen = state;
    const ids = rows.map((row) => row.id);
    panel.send({ kind: "series", x, y, runs: ids, rows: ids.map((id) => curves.get(id)?.rows ?? -1) });
  }

  return {
    /** What can be chosen. */
    names: () => (panel.canAsk ? panel.picture.logged ?? [] : []),
    /** Words for what is missing; "" when nothing is. */
    note: () => error || (asked && !curves.size ? "reading…" : left > 0 ? `${left} more to be read` : ""),
    /** What can be chosen, with what is. @param {{x: string, y: string}} chosen @returns {{xs: Choices, ys: Choices}} */
    offered(chosen) {
      const { logged, metric } = panel.picture;
      const names = panel.canAsk ? logged : [];
      /** @param {string[]} more @returns {Choices} */
      const all = (more) => [...new Set([...names, ...more])].filter((name) => name && name !== STEP && name !== TIME).sort().map((name) => [name, name]);
      return {
        xs: names.length ? [[STEP, "step"], [TIME, "time"], ...all([chosen.x])] : [],
        ys: [["", metric?.name ?? ""], ...all([chosen.y]).filter(([name]) => name !== metric?.name)],
      };
    },
    /**
     * The curves that have come, of those that are to be drawn.
     * @param {Row[]} rows @param {string} newX @param {string} newY
     * @returns {Map<string, Series>}
     */
    of(rows, newX, newY) {
      if (newX !== x || newY !== y) {
        [x, y] = [newX, newY];
        curves = new Map();
        [asked, due, left, error, seen] = [0, 0, 0, "", ""];
      }
      ask(rows);
      return curves;
    },
    /** @param {SentSeries} sent @param {DataView|ArrayBuffer} [buffer] */
    receive(sent, buffer) {
      if (sent.x !== x || sent.y !== y) return; // somebody has chosen another one since
      asked = 0;
      [error, left] = [sent.error, sent.n_left];
      due = Date.now() + Math.max(LEAST_MS, (left ? COST_AT_FIRST : COST) * 1000 * sent.took_s);
      for (const [id, curve] of unpacked(sent, buffer)) curves.set(id, curve);
      panel.changed();
    },
  };
}

/** What has to change before ended runs are read once more. @param {Row[]} rows */
const stateOf = (rows) => rows.map((row) => `${row.id}${row.state}${row.continued.length}`).join();

/** @param {SentSeries} sent @param {DataView|ArrayBuffer|undefined} source  there may be none without points @returns {[id: string, Series & {rows: number}][]} */
function unpacked({ runs, rows, lengths }, source) {
  // A copy, since the view may lie at an odd place of a larger buffer.
  const bytes = !source ? new ArrayBuffer(0) : source instanceof ArrayBuffer ? source : source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength);
  const numbers = new Float64Array(bytes);
  const half = numbers.length / 2;
  let at = 0;
  return runs.map((id, i) => {
    const from = at;
    at += lengths[i];
    return [id, { xs: numbers.subarray(from, at), ys: numbers.subarray(half + from, half + at), rows: rows[i] }];
  });
}
