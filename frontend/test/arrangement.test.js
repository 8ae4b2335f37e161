// Where the charts lie: rows are full at every width, whatever there is to show.
import { expect, test } from "vitest";
import { COLUMNS, arrangement, sayingCharts } from "../src/arrangement.js";
import { picture, row } from "./picture.js";

const WIDTHS = [300, 480, 700, 820, 1000, 1300, 1600, 2400];
const ONE = ["best", "curves", "scatter", "lines"];
const FRONT = ["front", "volume", "curves", "scatter", "lines"];

const subsets = (names) => names.reduce((all, name) => [...all, ...all.map((set) => [...set, name])], [[]]);

/** Fills a grid as `grid-auto-flow: row dense` does; how many cells of its rows are blank. */
function blanks(places) {
  const taken = new Set();
  let height = 0;
  for (const { columns, rows } of places) {
    const fits = (x, y) => {
      for (let i = 0; i < columns; i++) for (let j = 0; j < rows; j++) if (x + i >= COLUMNS || taken.has(`${x + i},${y + j}`)) return false;
      return true;
    };
    let [x, y] = [0, 0];
    while (!fits(x, y)) if (++x >= COLUMNS) [x, y] = [0, y + 1];
    for (let i = 0; i < columns; i++) for (let j = 0; j < rows; j++) taken.add(`${x + i},${y + j}`);
    height = Math.max(height, y + rows);
  }
  return COLUMNS * height - taken.size;
}

test.each(WIDTHS)("no row has a blank at %i pixels, whatever has something to say", (width) => {
  for (const names of [...subsets(ONE), ...subsets(FRONT).filter((set) => set.includes("front") && set.includes("volume"))])
    for (const axes of [1, 4, 8, 9, 30]) {
      const saying = new Set(names.includes("lines") ? names : names.filter((name) => name !== "scatter"));
      const places = arrangement(width, saying, axes);
      expect({ names, axes, blanks: blanks(places) }).toEqual({ names, axes, blanks: 0 });
      expect(new Set(places.map(({ name }) => name)).size).toBe(places.length);
      for (const name of saying) if (name !== "scatter") expect(places.map((place) => place.name)).toContain(name);
    }
});

test("parallel coordinates of more than eight axes have the whole width", () => {
  const lines = (width, axes) => arrangement(width, new Set(ONE), axes).find(({ name }) => name === "lines").columns;
  expect(lines(1000, 8)).toBe(4);
  for (const width of WIDTHS) expect(lines(width, 9)).toBe(COLUMNS);
});

test("wide pages have three charts in a row, narrow ones one", () => {
  const columns = (width) => arrangement(width, new Set(ONE), 12).filter(({ name }) => name !== "lines").map((place) => place.columns);
  expect(columns(1600)).toEqual([2, 2, 2]);
  expect(columns(1000)).toEqual([3, 3]);
  expect(columns(480)).toEqual([6, 6, 6]);
});

test("the result by one parameter takes the place of a chart that is empty", () => {
  const once = picture([1, 2, 3, 4].map((n) => row(n, { curve: [n] })));
  expect(arrangement(1000, sayingCharts(once), 12).map(({ name }) => name)).toEqual(["best", "scatter", "lines"]);
});

test("what has nothing to say is not there", () => {
  const saying = (...args) => [...sayingCharts(picture(...args))];
  expect(saying([])).toEqual(["lines"]);
  expect(saying([row(1)])).toEqual(["curves", "lines"]);
  expect(saying([row(1, { curve: [1] })])).toEqual(["lines"]);
  expect(saying([row(1, { state: "failed", metric: null, curve: [] }), row(2, { state: "failed", metric: null, curve: [] })])).toEqual(["lines"]);
  expect(saying([1, 2, 3].map((n) => row(n)))).toEqual(["best", "curves", "scatter", "lines"]);
  const { axes } = picture();
  expect(saying([1, 2, 3].map((n) => row(n)), { axes: axes.slice(2) })).toEqual(["best", "curves"]); // nothing is searched
});
