// Which values the axis of a chart holds, and whether it is logarithmic: both by the data.
// analysis/shown_range.py does the first for the static view.

const USUAL = 0.75; // share of the runs whose extremes say what is usual
const REACH = 2; // how many times the usual range a value may be beyond it
const FAR = 0.02; // share of the values, at the poor end, that may lie beyond the axis
const PAYS = 1.3; // how many times the room these would take, or they are not left out
const FAR_START = 4; // how many times the range of what follows a first value is away from it
const DECADES = 1.5; // that the usual values span where an axis is logarithmic
const FIRM_FROM = 8; // curves, with which it is settled:
const [LOOSE, FIRM] = [0.2, 0.9]; // decades more, or less, that it takes to change it before and after
const MIDDLE = [0.05, 0.95]; // of single values, sorted: those that say how many decades they span
const GROWTH = 1.5; // so many times the curves that it was decided by, before it changes

/**
 * The values that the axis holds. The first ones of a training are often far away and not what
 * is compared, so one value in fifty may be beyond; and so may a diverged run, which would
 * flatten all others.
 * @param {number[][]} curves @param {boolean} isMax @param {boolean} isLog
 * @param {number} [best]  which is shown in any case
 * @returns {[low: number, high: number]}
 */
export function shownRange(curves, isMax, isLog, best) {
  const place = isLog && curves.every((curve) => curve.every((value) => value > 0)) ? Math.log : quarter;
  const settled = withoutFarStarts(curves, place);
  const values = settled.flat().sort(rising);
  /** @param {number} share */
  const at = (share) => values[Math.round(share * (values.length - 1))];
  const most = isMax ? [at(FAR), at(1)] : [at(0), at(1 - FAR)];
  const [low, high] = place(at(1)) - place(at(0)) > PAYS * (place(most[1]) - place(most[0])) ? most : [at(0), at(1)];
  const [bottom, top] = usualEnds(settled, place);
  const reach = REACH * (top - bottom);
  const near = values.filter((value) => place(value) >= bottom - reach && place(value) <= top + reach);
  const from = Math.min(best ?? near[0], near[0]);
  const to = Math.max(best ?? near[0], near[near.length - 1]);
  // Cutting pays when it at least doubles the room of what stays.
  const isCut = reach > 0 && place(high) - place(low) > 2 * (place(to) - place(from));
  return isCut ? [Math.max(low, from), Math.min(high, to)] : [low, high];
}

/** @param {number} value  ±1e308 are further apart than any float */
const quarter = (value) => value / 4;

/** Where the curves of most runs lie. @param {number[][]} curves @param {(value: number) => number} place */
function usualEnds(curves, place) {
  const usual = Math.floor(USUAL * (curves.length - 1));
  return [
    curves.map((curve) => Math.max(...curve)).sort(rising)[usual],
    curves.map((curve) => Math.min(...curve)).sort(rising)[curves.length - 1 - usual]].sort(rising).map(place);
}

/**
 * The curves from their second value on, where the first one is mostly far from all that follow:
 * a loss at initialisation.
 * @param {number[][]} curves @param {(value: number) => number} place
 */
function withoutFarStarts(curves, place) {
  const long = curves.filter((curve) => curve.length > 3);
  if (!long.length || 2 * long.length < curves.length) return curves;
  const later = long.map((curve) => curve.slice(1));
  const [bottom, top] = usualEnds(later, place);
  const away = long.map(([first]) => Math.max(place(first) - top, bottom - place(first))).sort(rising);
  return top > bottom && away[Math.floor(away.length / 2)] > FAR_START * (top - bottom)
    ? curves.map((curve) => (curve.length > 3 ? curve.slice(1) : curve)) : curves;
}

/** @param {number} a @param {number} b */
const rising = (a, b) => a - b;

/**
 * Decides whether an axis is logarithmic, again and again as runs come, and does not waver: a
 * change of mind takes half as many curves more, and values that clearly ask for it.
 */
export function steadyLog() {
  /** @type {{name: string, isLog: boolean, n: number}|null} */
  let last = null;
  /** @param {string} name  of what is drawn: of another thing it is decided anew @param {number[][]} curves */
  return (name, curves) => {
    const known = last?.name === name ? last : null;
    if (known && curves.length < GROWTH * known.n && curves.length >= known.n / GROWTH) return known.isLog;
    const doubt = !known ? 0 : (known.isLog ? -1 : 1) * (known.n < FIRM_FROM ? LOOSE : FIRM);
    const isLog = asksForLog(curves, DECADES + doubt, known?.isLog);
    if (curves.length) last = { name, isLog, n: curves.length };
    return isLog;
  };
}

/** @param {number[][]} curves @param {number} least  decades @param {boolean} [was] */
function asksForLog(curves, least, was) {
  const settled = withoutFarStarts(curves, quarter);
  const values = settled.flat().sort(rising);
  const n = values.length - 1;
  if (n < 1) return false;
  // What a logarithmic axis cannot show may come later, but not be there from the start.
  if (values[0] <= 0 && !(was && values[Math.round(FAR * n)] > 0)) return false;
  const [low, high] = values.length > curves.length ? usualEnds(settled, Number) : MIDDLE.map((share) => values[Math.round(share * n)]);
  return low > 0 && Math.log10(high) - Math.log10(low) >= least;
}
