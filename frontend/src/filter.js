// What people type to find runs: words, and conditions such as lr<0.01, optimizer:adam, #12, -failed.

/** @import { Row, TableColumn } from "./types.js" */
/** @typedef {(row: Row) => boolean} Test */
/**
 * A filter that was typed: its test, null where it asks for nothing, and what is wrong with it. What
 * is wrong is left out of the test.
 * @typedef {{test: Test|null, problem: string}} Filter
 */

const CONDITION = /<=|>=|!=|[<>=:]/g;
const SAME = 1e-9; // relative; what the page has of a number may have fewer digits
const UNITS = /** @type {Record<string, number>} */ ({ ms: 1e-3, s: 1, sec: 1, m: 60, min: 60, h: 3600, d: 86400 });
const SUGGESTED = 3; // names

/**
 * @param {string} query @param {TableColumn[]} columns @param {Row[]} rows  by which a word is told from a column's name that is being typed
 * @returns {Filter}
 */
export function parseFilter(query, columns, rows) {
  /** @type {Test[]} */
  const tests = [];
  /** @type {string[]} */
  const problems = [];
  for (const token of tokens(query)) {
    const isNot = /^[-!]./.test(token);
    const bare = isNot ? token.slice(1) : token;
    const { test, problem } = condition(bare, columns) ?? word(bare, columns, rows);
    if (problem) problems.push(problem);
    if (test) tests.push(isNot ? (row) => !test(row) : test);
  }
  return { test: tests.length ? (row) => tests.every((test) => test(row)) : null, problem: problems.join("; ") };
}

/** The parts of a query: spaces part them unless they are quoted or beside a comparison. @param {string} query */
function tokens(query) {
  const joined = query.replace(/"[^"]*"?|\s*(<=|>=|!=|[<>=])\s*/g, (all, sign) => sign ?? all);
  return joined.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
}

/** @param {string} text */
const unquoted = (text) => text.replace(/"/g, "");

/** A name with a value, or null for anything else. @param {string} token @param {TableColumn[]} columns @returns {Filter|null} */
function condition(token, columns) {
  if (/^#\d+$/.test(token)) return { test: (row) => row.number === Number(token.slice(1)), problem: "" };
  const plain = token.replace(/"[^"]*"?/g, (quoted) => "\0".repeat(quoted.length)); // signs in quotes are letters
  const signs = [...plain.matchAll(CONDITION)].filter(({ index }) => index > 0);
  if (!signs.length) return null;
  /** @param {RegExpMatchArray} sign */
  const parts = ({ index = 0, 0: sign }) => ({ name: unquoted(token.slice(0, index)), sign, value: unquoted(token.slice(index + sign.length)) });
  const found = signs.map(parts).map((each) => ({ ...each, column: columnNamed(each.name, columns) }));
  const best = found.reverse().find(({ column }) => typeof column !== "string") ?? found[found.length - 1]; // a name may hold a sign
  if (typeof best.column === "string") return { test: null, problem: best.column };
  return best.value ? { test: comparison(best.column, best.sign, best.value.toLowerCase()), problem: problemWith(best.column, best.sign, best.value) } : { test: null, problem: "" };
}

/** @param {TableColumn} column @param {string} sign @param {string} value */
function problemWith(column, sign, value) {
  if (!/[<>]/.test(sign)) return "";
  if (!Number.isFinite(amount(column, value))) return `${column.name}${sign}${value}: "${value}" is not a number`;
  return "";
}

/** A number, or a duration such as 5m where the column has times. @param {TableColumn} column @param {string} text */
function amount({ isTime }, text) {
  const parts = isTime && /^\+?([\d.e]+)\s*(ms|s|sec|m|min|h|d)$/i.exec(text);
  return parts ? Number(parts[1]) * UNITS[parts[2].toLowerCase()] : text.trim() ? Number(text) : NaN;
}

/** @param {TableColumn} column @param {string} sign @param {string} wanted  in small letters @returns {Test|null} */
function comparison(column, sign, wanted) {
  const limit = amount(column, wanted);
  /** The number of a row, which is the text of a category such as 128. @param {Row} row */
  const numberOf = (row) => {
    const value = column.isCategory || column.isConstant ? null : column.value(row);
    const text = typeof value === "number" ? "" : column.text(row);
    return typeof value === "number" ? value : text ? Number(text) : NaN;
  };
  /** @param {Row} row */
  const isSame = (row) => column.text(row).toLowerCase() === wanted || Math.abs(numberOf(row) - limit) <= SAME * Math.abs(limit);
  switch (sign) {
    case "<": return Number.isFinite(limit) ? (row) => numberOf(row) < limit : null;
    case "<=": return Number.isFinite(limit) ? (row) => numberOf(row) < limit || isSame(row) : null;
    case ">": return Number.isFinite(limit) ? (row) => numberOf(row) > limit : null;
    case ">=": return Number.isFinite(limit) ? (row) => numberOf(row) > limit || isSame(row) : null;
    case "=": return isSame;
    case "!=": return (row) => !isSame(row);
    default: return (row) => (Number.isFinite(numberOf(row)) && Number.isFinite(limit) ? isSame(row)
      : `${column.text(row)}\n${column.key === "state" ? row.state : ""}`.toLowerCase().includes(wanted));
  }
}

/**
 * The column that a name means: its own name, the last part of one, or its beginning or end as far
 * as no other has the same; else what to say.
 * @param {string} name @param {TableColumn[]} columns @returns {TableColumn|string}
 */
export function columnNamed(name, columns) {
  const wanted = name.toLowerCase();
  const named = columns.map((column) => ({ column, names: [column.name, ...column.aliases].map((each) => each.toLowerCase()) }));
  /** @param {string} each */
  const last = (each) => each.slice(Math.max(...[".", "/", ":"].map((sign) => each.lastIndexOf(sign))) + 1);
  /** @type {((each: string) => boolean)[]} */
  const ways = [(each) => each === wanted, (each) => last(each) === wanted, (each) => each.startsWith(wanted) || last(each).startsWith(wanted), (each) => each.endsWith(wanted)];
  for (const way of ways) {
    const found = named.filter(({ names }) => names.some(way)).map(({ column }) => column);
    if (found.length === 1) return found[0];
    if (found.length) return `${name} could be ${listed(found.map((each) => each.name))}`;
  }
  const near = nearest(wanted, columns);
  return `no column '${name}'${near ? `; did you mean ${near}?` : ""}`;
}

/** @param {string[]} names */
const listed = (names) => (names.length > SUGGESTED ? `${names.slice(0, SUGGESTED).join(", ")}, …` : names.join(" or "));

/** The name that is the fewest letters away, where that is not many. @param {string} wanted @param {TableColumn[]} columns */
function nearest(wanted, columns) {
  const names = columns.flatMap(({ name, aliases }) => [name, name.slice(Math.max(name.lastIndexOf("."), name.lastIndexOf("/")) + 1), ...aliases]);
  const all = names.map((name) => ({ name, far: editsBetween(wanted, name.toLowerCase()) })).sort((a, b) => a.far - b.far);
  return all.length && all[0].far <= Math.max(1, Math.floor(wanted.length / 3)) ? all[0].name : "";
}

/** Letters to put in, leave out or change until two words are the same. @param {string} a @param {string} b */
function editsBetween(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const before = row;
    row = [i];
    for (let k = 1; k <= b.length; k++)
      row[k] = Math.min(before[k] + 1, row[k - 1] + 1, before[k - 1] + Number(a[i - 1] !== b[k - 1]));
  }
  return row[b.length];
}

/** A word anywhere in a row; one that no row has may be a name that is still being typed. @param {string} token @param {TableColumn[]} columns @param {Row[]} rows @returns {Filter} */
function word(token, columns, rows) {
  const wanted = unquoted(token).toLowerCase();
  if (!wanted) return { test: null, problem: "" };
  /** @type {Test} */
  const test = (row) => allTexts(row).includes(wanted);
  if (token.includes('"') || rows.some(test)) return { test, problem: "" };
  const column = columnNamed(wanted, columns);
  return typeof column === "string" ? { test, problem: "" } : { test: null, problem: `${column.name} is a column: ${token}:value, or with = != < <= > >=` };
}

/** @type {WeakMap<Row, string>} */
const known = new WeakMap();

/** Everything that a row says, in small letters. @param {Row} row */
function allTexts(row) {
  let text = known.get(row);
  if (text === undefined) {
    text = [`${row.number}`, row.name, row.state, row.word, row.note, row.worker, row.metric_text, ...row.results, row.beyond, ...row.texts].join("\n").toLowerCase();
    known.set(row, text);
  }
  return text;
}
