// Numbers, durations and counts as text.

/**
 * A number with a few significant digits, as people write it; written out where many count.
 * @param {number} value
 * @param {number} [digits]
 */
export function number(value, digits = 4) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-3 || size >= (digits > 4 ? 1e16 : 1e6)) return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  return String(Number(value.toPrecision(digits)));
}

/**
 * Significant digits that tell numbers from low to high apart: 6 for 0.9999 to 0.99995.
 * @param {number} low @param {number} high @param {number} [least]
 */
export function digitsIn(low, high, least = 3) {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const more = 1 + Math.floor(Math.log10(size)) - Math.floor(Math.log10(Math.abs(high - low) / 25));
  return Number.isFinite(more) ? Math.min(17, Math.max(least, more)) : least;
}

/**
 * Seconds as people say them.
 * @param {number|null|undefined} seconds
 */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 0.0995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const total = Math.round(seconds);
  /** @param {number} n */
  const two = (n) => String(n).padStart(2, "0");
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${two(total % 60)} s`;
  if (total < 48 * 3600) return `${Math.floor(total / 3600)} h ${two(Math.floor((total % 3600) / 60))} min`;
  return `${Math.floor(total / 86400)} d ${Math.floor((total % 86400) / 3600)} h`;
}

/** @param {number} n @param {string} word */
export const plural = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;

/** @param {number} n */
export const count = (n) => n.toLocaleString("en");

/**
 * Names of at most so many letters: without the parts in front that they share, else cut where
 * they stay apart: at the end, in the middle or at the start; else they are numbered.
 * @param {string[]} names @param {number} letters
 */
export function shorten(names, letters) {
  const bare = withoutShared(names, letters);
  const fit = (/** @type {string[]} */ all) => all.every(({ length }) => length <= letters);
  if (fit(bare)) return bare;
  /** @param {string} name @param {number} at @param {number} most */
  const cut = (name, at, most) => {
    const head = Math.round((most - 1) * at);
    return name.length > letters ? `${name.slice(0, head)}…${name.slice(name.length - most + 1 + head)}` : name;
  };
  const distinct = new Set(names).size;
  for (const all of [bare, names])
    for (const at of [1, 0.5, 0]) {
      const short = all.map((name) => cut(name, at, letters));
      if (new Set(short).size === distinct) return short;
    }
  return names.map((name) => (name.length > letters ? `${cut(name, 1, Math.max(2, letters - 3))} ${names.indexOf(name) + 1}` : name));
}

/**
 * Names without the parts that they share with another one, such as "model.encoder.", where one of
 * those is too long; they stay apart.
 * @param {string[]} names @param {number} letters
 */
function withoutShared(names, letters) {
  const different = [...new Set(names)];
  /** @param {string} name */
  const partsOf = (name) => [...name.matchAll(/[./:_](?=.)/g)].map(({ index }) => name.slice(0, index + 1));
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const part of different.flatMap(partsOf)) counts.set(part, (counts.get(part) ?? 0) + 1);
  /** The longest part that another name has as well. */
  const parts = new Map(different.map((name) => [name, partsOf(name).filter((part) => (counts.get(part) ?? 0) > 1).pop()]));
  const long = new Set(different.filter(({ length }) => length > letters).map((name) => parts.get(name)));
  /** @param {string} name */
  const short = (name) => {
    const part = parts.get(name);
    return part && part.length > 1 && long.has(part) ? `…${name.slice(part.length)}` : name;
  };
  const found = names.map(short);
  return new Set(found).size === different.length ? found : names;
}

/** The unit in which a time axis up to so many seconds reads best. @param {number} seconds */
export function timeUnit(seconds) {
  if (seconds < 180) return { seconds: 1, sign: "s" };
  if (seconds < 3 * 3600) return { seconds: 60, sign: "min" };
  return seconds < 3 * 86400 ? { seconds: 3600, sign: "h" } : { seconds: 86400, sign: "d" };
}
