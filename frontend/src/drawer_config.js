// A run's config beside the best run's, what differs first.
import { h, link, setText } from "./dom.js";
import { keyedRows } from "./drawer_texts.js";

/** @import { Detail, Panel, Row } from "./types.js" */

const SHOWN = 30; // rows before the others are asked for

/** @param {Panel} panel @returns {import("./drawer_texts.js").DrawerPart} */
export function drawerConfig(panel) {
  const rows = keyedRows();
  const other = link("", () => panel.open(panel.picture.best?.id ?? null), { title: "Open the best run" });
  const beside = h("th", { scope: "col" }, "best, ", other);
  const head = h("thead", {}, h("tr", {}, h("td"), h("th", { scope: "col" }, "this run"), beside));
  const more = link("", () => { isWhole = true; panel.changed(); });
  const element = h("section", { class: "config" }, h("div", { class: "heading" }, "Config"),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Config" }, h("table", {}, head, rows.element)), more);
  let [id, isWhole, asked] = ["", false, ""];

  /** @param {Row} row @param {Detail|undefined} detail */
  function draw(row, detail) {
    if (row.id !== id) [id, isWhole] = [row.id, false];
    const best = panel.picture.best?.id === row.id ? undefined : panel.byId.get(panel.picture.best?.id ?? "");
    if (best && detail && asked !== best.id && !panel.details.has(best.id)) panel.send({ kind: "detail", run: asked = best.id });
    const list = compared(panel, row, best);
    list.sort((a, b) => Number(b.differs) - Number(a.differs));
    element.hidden = !list.length;
    head.hidden = !best;
    setText(other, best ? `run ${best.number}` : "");
    const left = isWhole ? 0 : list.length - SHOWN;
    more.hidden = left <= 0;
    setText(more, `show ${left} more`);
    rows.draw(list.slice(0, isWhole ? undefined : SHOWN).map(({ name, mine, theirs, differs }) =>
      [name, best ? [mine, theirs] : [mine], differs]));
  }

  return { element, draw };
}

/**
 * Each entry of a run's config beside that of another run, as far as both are known.
 * @param {Panel} panel @param {Row} row @param {Row|undefined} other
 */
function compared({ picture: { columns }, details }, row, other) {
  /** @param {Row|undefined} run */
  const known = (run) => ({
    detail: run && details.get(run.id), all: new Map(run && details.get(run.id)?.config),
    swept: new Map(run && columns.flatMap(({ name }, i) => (run.texts[i] ? [[name, run.texts[i]]] : []))) });
  const [own, best] = [known(row), known(other)];
  const names = new Set([...own.swept.keys(), ...best.swept.keys(), ...own.all.keys(), ...(own.detail ? best.all.keys() : [])]);
  const isColumn = new Set(columns.map(({ name }) => name));
  return [...names].map((name) => {
    // Both texts from the same place: the table's are shorter.
    const from = own.all.has(name) && best.all.has(name) || !isColumn.has(name) ? "all" : "swept";
    const [mine, theirs] = [own[from].get(name) ?? "", best[from].get(name) ?? ""];
    const isKnown = !!other && (isColumn.has(name) || !!best.detail);
    return { name, mine: own.all.get(name) ?? mine, theirs: best.all.get(name) ?? theirs, differs: isKnown && mine !== theirs };
  });
}
