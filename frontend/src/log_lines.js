// What the runs print, as lines in their order: new ones come, the last ones change, the first go.

/** @import { LogLine, LogNews } from "./types.js" */

/** @returns {{take(news: LogNews): {changed: LogLine[], inOrder: boolean}, all(run: number|null): LogLine[], last(): LogLine|null, runs(): number[]}} */
export function logLines() {
  /** @type {LogLine[]} */
  let lines = []; // by number
  return {
    /** Takes in a message; what is new or different, and whether all of that stands at the end. */
    take({ first, lines: news }) {
      const known = new Map(lines.map((line) => [line.number, line]));
      const end = lines.length ? lines[lines.length - 1].number : 0;
      const changed = [];
      let inOrder = true;
      for (const [number, run, text] of news) {
        const line = known.get(number);
        if (line && line.text === text) continue;
        if (!line && number < end) inOrder = false;
        const next = { number, run, text };
        known.set(number, next);
        changed.push(next);
      }
      lines = [...known.values()].filter(({ number }) => number >= first);
      if (!inOrder) lines.sort((a, b) => a.number - b.number);
      return { changed, inOrder };
    },
    all: (run) => (run === null ? lines : lines.filter((line) => line.run === run)),
    last: () => lines[lines.length - 1] ?? null,
    runs: () => [...new Set(lines.map(({ run }) => run))].sort((a, b) => a - b),
  };
}
