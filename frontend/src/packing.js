// Rows that came as columns with a buffer (see nbsweep/panel/packing.py), made rows again.

/** @import { Coded, PackedRows, Row } from "./types.js" */

/** @param {PackedRows} packed @param {DataView|ArrayBuffer} source @returns {Row[]} */
export function unpack(packed, source) {
  // A copy, since the view may lie at an odd place of a larger buffer.
  const bytes = source instanceof ArrayBuffer ? source.slice(0)
    : source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength);
  const { n, numbers, n_axes: nAxes } = packed;
  /** @param {number} k */
  const column = (k) => new Float64Array(bytes, k * n * 8, n);
  const fields = numbers.map((name, k) => ({ name, values: column(k) }));
  const places = Array.from({ length: nAxes }, (_, k) => column(numbers.length + k));
  const [first, last, lengths] = [0, 1, 2].map((k) => column(numbers.length + nAxes + k));
  const start = (numbers.length + nAxes + 3) * n * 8;
  const curves = packed.curve_bytes === 8 ? new Float64Array(bytes, start) : new Float32Array(bytes, start);
  /** @param {number} value */
  const orNull = (value) => (Number.isNaN(value) ? null : value);
  /** @param {Coded} coded @param {number} i */
  const text = ({ texts, codes }, i) => texts[codes[i]];
  const diverged = new Set(packed.diverged);
  const rows = [];
  let at = 0;
  for (let i = 0; i < n; i++) {
    const state = text(packed.states, i);
    /** @type {Record<string, unknown>} */
    const row = {
      id: packed.ids[i], name: packed.names[i], state, word: packed.words[state], worker: text(packed.workers, i),
      note: text(packed.notes, i), metric_text: packed.metric_texts[i],
      texts: packed.texts.map((coded) => text(coded, i)), places: places.map((place) => orNull(place[i])),
      span: packed.steps[i] ?? (Number.isNaN(first[i]) ? [] : [first[i], last[i]]), curve: Array.from(curves.subarray(at, at + lengths[i])),
      beyond: text(packed.beyond, i), results: packed.results.map((coded) => text(coded, i)),
      continued: packed.continued[i] ?? [], diverged: diverged.has(i),
    };
    for (const { name, values } of fields) row[name] = orNull(values[i]);
    row.active = row.active === 1;
    row.counts = row.counts === 1;
    at += lengths[i];
    rows.push(/** @type {Row} */ (/** @type {unknown} */ (row)));
  }
  return rows;
}
