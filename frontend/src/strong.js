// Which runs are drawn strong while none is selected: the best tenth, or the front.
import { hasFront, isCounted } from "./model.js";

/** @import { Picture, Row } from "./types.js" */

const SHARE = 10; // per cent of the counted runs
const LEAST = 3; // runs

/** @type {WeakMap<Row[], {picture: Picture, ids: Set<string>}>} */
const known = new WeakMap();

/** @param {Picture} picture @returns {Set<string>}  empty where that would be all, or there is no metric */
export function strongRuns(picture) {
  const before = known.get(picture.rows);
  if (before && before.picture.front === picture.front && before.picture.metric === picture.metric) return before.ids;
  const ids = hasFront(picture) ? new Set(picture.front) : new Set(bestRows(picture).map(({ id }) => id));
  known.set(picture.rows, { picture, ids });
  return ids;
}

/** @param {Picture} picture */
function bestRows({ rows, metric }) {
  if (!metric) return [];
  const sign = metric.goal === "maximize" ? -1 : 1;
  const counted = rows.filter(isCounted);
  const n = Math.max(LEAST, Math.ceil((counted.length * SHARE) / 100));
  if (counted.length <= n) return [];
  return counted.filter(({ beyond }) => !beyond).sort((a, b) => sign * (a.metric - b.metric) || a.number - b.number).slice(0, n);
}

/** What the strong lines are; "" where there are none. @param {Picture} picture */
export function strongText(picture) {
  const { size } = strongRuns(picture);
  if (!size) return "";
  if (hasFront(picture)) return "strong: the front";
  return size > LEAST ? `strong: the best ${SHARE} %` : `strong: the best ${size}`;
}
