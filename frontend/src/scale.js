// Linear and logarithmic scales: d3-scale's small core, without the dates, colours and formats
// that would triple the size of a saved output.

/** @import { Scale } from "./types.js" */

/** The least and the greatest of any number of values; of none [Infinity, -Infinity]. @param {number[]} values @returns {[low: number, high: number]} */
export const extent = (values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);

/**
 * About n nice numbers from low to high: 1, 2 or 5 times a power of ten apart.
 * @param {number} low @param {number} high @param {number} n
 */
function ticks(low, high, n) {
  const rough = (high - low) / n;
  const power = Math.floor(Math.log10(rough));
  const share = rough / 10 ** power;
  const nice = share > Math.sqrt(50) ? 10 : share > Math.sqrt(10) ? 5 : share > Math.sqrt(2) ? 2 : 1;
  const step = nice * 10 ** power;
  // Finer than the floats there are, multiples of a step would repeat.
  if (!(low + step > low && high - step < high)) return [low];
  const first = Math.ceil(low / step - 1e-9);
  const length = Math.floor(high / step + 1e-9) - first + 1;
  // Through text, since 3 * 0.1 is not 0.3.
  return Array.from({ length }, (_, k) => Number(`${(first + k) * nice}e${power}`));
}

/**
 * @param {[number, number]} domain
 * @param {[number, number]} range
 * @returns {Scale}
 */
export function linear(domain, [r0, r1]) {
  const [d0, d1] = domain;
  // Halved, since ±1e308 are further apart than any float.
  /** @param {number} value */
  const scale = (value) => (d1 === d0 ? (r0 + r1) / 2 : r0 + ((value / 2 - d0 / 2) / (d1 / 2 - d0 / 2)) * (r1 - r0));
  scale.domain = domain;
  /** @param {number} at */
  scale.invert = (at) => {
    const share = (at - r0) / (r1 - r0);
    return d0 * (1 - share) + d1 * share;
  };
  /** @param {number} n */
  scale.ticks = (n) => (Number.isFinite(d1 - d0) ? ticks(d0, d1, n) : [d0 / 2, 0, d1 / 2]);
  return scale;
}

/**
 * Both ends of the domain are above 0.
 * @param {[number, number]} domain
 * @param {[number, number]} range
 * @returns {Scale}
 */
export function log(domain, range) {
  const [d0, d1] = domain;
  const inner = linear([Math.log10(d0), Math.log10(d1)], range);
  /** @param {number} value */
  const scale = (value) => inner(Math.log10(value));
  scale.domain = domain;
  /** @param {number} at */
  scale.invert = (at) => 10 ** inner.invert(at);
  /** @param {number} n */
  scale.ticks = (n) => {
    const decades = [];
    for (let k = Math.floor(Math.log10(d0)); k <= Math.ceil(Math.log10(d1)); k++) decades.push(k);
    const stride = Math.max(1, Math.ceil((decades.length - 2) / n));
    const digits = decades.length > n ? [1] : [1, 2, 5];
    const values = decades.filter((_, i) => i % stride === 0)
      .flatMap((k) => digits.map((digit) => Number(`${digit}e${k}`)))
      .filter((value) => value >= d0 * (1 - 1e-9) && value <= d1 * (1 + 1e-9));
    return values.length >= 2 ? values : ticks(d0, d1, n);
  };
  return scale;
}
