// Repeated runs as one row of the table: how often, and their mean with its error.

/** @import { Repeated, Row } from "./types.js" */

/** @type {WeakMap<Repeated, {row: Row, one: Row}>} */
const known = new WeakMap(); // so that a row that did not change stays the same object

/** @param {Row} row @param {Repeated} each @returns {Row} */
function asOne(row, each) {
  let made = known.get(each);
  if (made?.row !== row) known.set(each, made = { row, one: { ...row, ...each } });
  return made.one;
}

/**
 * The rows with those that repeat each other as one. All are there below the one that is opened,
 * and where a filter or a selection leaves out the one that stands for them.
 * @param {Row[]} rows @param {Repeated[]} repeated @param {string|null} opened  a run's id
 * @returns {Row[]}
 */
export function withoutRepeated(rows, repeated, opened) {
  const ids = new Set(rows.map(({ id }) => id));
  const heads = new Map(repeated.map((each) => [each.id, each]));
  const hidden = new Set(repeated.flatMap(({ id, others }) => (ids.has(id) && ![id, ...others].includes(opened ?? "") ? others : [])));
  return rows.filter(({ id }) => !hidden.has(id)).map((row) => {
    const each = heads.get(row.id);
    return each ? asOne(row, each) : row;
  });
}
