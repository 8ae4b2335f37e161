// What went wrong: the errors of all runs, alike ones together, with the traceback in sight.
import { button, h, link, setText } from "./dom.js";
import { isBroken } from "./model.js";
import { plural } from "./wording.js";

/** @import { Panel, Picture } from "./types.js" */

const SHOWN = 4; // different errors
const NAMED = 6; // runs

/** Whether no run has come to another end. @param {Picture} picture */
export const allFailed = ({ rows }) => rows.length > 0 && rows.every((row) => isBroken(row));

/** @param {Panel} panel */
export function failures(panel) {
  const title = h("b");
  const again = button("Retry all failed", () => {
    for (const row of panel.picture.rows) if (isBroken(row)) panel.steer("retry", { run: row.id });
  }, { title: "Hand out the parameters of all failed runs once more" });
  const groups = h("div");
  const element = h("section", { class: "failures", "aria-label": "Failures", hidden: true }, title, " ", again, groups);
  /** @type {Picture["failures"]|null} */
  let shown = null;
  let wereAll = false;

  function draw() {
    const { picture, controls } = panel;
    const [broken, ended] = [isBroken, (/** @type {Picture["rows"][0]} */ row) => !row.active].map((is) => picture.rows.filter(is).length);
    const all = allFailed(picture);
    element.hidden = !broken || !picture.failures.length;
    if (element.hidden) return;
    element.toggleAttribute("data-all", all);
    setText(title, all && broken > 1 ? `All ${plural(broken, "run")} failed` : `${broken} of ${plural(ended, "run")} failed`);
    again.hidden = !controls.actions.includes("retry");
    if (shown === picture.failures && all === wereAll) return;
    const isOpen = new Map([...groups.querySelectorAll("details")].map((one) => [one.getAttribute("data-error"), one.open]));
    groups.replaceChildren(...picture.failures.slice(0, SHOWN).map(({ text, runs, traceback }, i) => h("div", {},
      h("span", { class: "muted small which" }, named(panel, runs)),
      h("details", { "data-error": text, open: (all !== wereAll ? null : isOpen.get(text)) ?? (i === 0 && 2 * broken >= ended) },
        h("summary", {}, h("span", { class: "error" }, text)),
        h("pre", { tabindex: 0, "aria-label": "Traceback" }, traceback)))),
      picture.failures.length > SHOWN ? h("div", { class: "muted small" }, `and ${picture.failures.length - SHOWN} more kinds of errors, see the table`) : "");
    [shown, wereAll] = [picture.failures, all];
  }

  return { element, draw };
}

/** Which runs it were, each a link that opens it. @param {Panel} panel @param {number[]} runs */
function named(panel, runs) {
  const ids = new Map(panel.picture.rows.flatMap((row) => (isBroken(row) ? [[row.number, row.id]] : [])));
  return [runs.length > 1 ? `${runs.length} times, runs ` : "run ",
    runs.slice(0, NAMED).map((number, i) => [i ? ", " : "", ids.has(number)
      ? link(String(number), () => panel.open(ids.get(number) ?? null), { "aria-label": `Run ${number}: details` }) : number]),
    runs.length > NAMED ? ", …" : ""];
}
