// Further charts: a menu of those that suit the sweep; Python draws the one that is picked, as a
// still picture, and draws it anew when runs have ended since. Only the live panel has them.
import { h, setText } from "./dom.js";
import { plural } from "./wording.js";
import css from "./styles/further_charts.css";

/** @import { Drawn, Panel, StillChart } from "./types.js" */

const LEAST_MS = 4000; // between two pictures of the same chart
const COST = 50; // times as long as it took to draw, too: at most 2 % of the time
const IS_DARK = "@media(prefers-color-scheme:dark)"; // in the picture, which the panel decides

/** @param {Panel} panel */
export function furtherCharts(panel) {
  const select = h("select", { onchange: pick });
  const still = stillPicture(panel);
  const status = h("p", { class: "small muted", role: "status" });
  const figure = still.element;
  const element = h("section", { class: "further", "aria-label": "Further charts" },
    h("style", {}, css), h("label", { class: "heading" }, "Further charts ", select), figure, status);
  /** What was drawn last. @type {StillChart|null} */
  let shown = null;
  let asked = 0; // when, 0 once the answer has come
  let due = 0; // when it may be drawn anew
  let timer = 0;

  function pick() {
    clearTimeout(timer);
    shown = null;
    figure.hidden = true;
    asked = 0;
    setText(status, "");
    if (select.value) ask();
  }

  function ask() {
    asked = Date.now();
    if (!shown) setText(status, "Drawing…");
    panel.send({ kind: "chart", name: select.value });
  }

  /** @param {Drawn} drawn */
  function receive({ name, chart, error }) {
    if (name !== select.value) return; // somebody has picked another one since
    asked = 0;
    shown = chart ?? shown;
    due = Date.now() + Math.max(LEAST_MS, COST * 1000 * (chart?.took_s ?? 0));
    if (error) {
      figure.hidden = !shown;
      setText(status, error);
      return;
    }
    still.forget();
    draw();
    panel.say(`${select.selectedOptions[0]?.text ?? ""}: ${chart?.alt || chart?.caption || ""}`);
  }

  function draw() {
    const { charts } = panel.controls;
    element.hidden = !panel.canAsk || !charts?.length;
    if (element.hidden) return;
    select.disabled = panel.isGone; // what was drawn stays
    offer(select, charts);
    if (shown) show(shown);
  }

  /** @param {StillChart} chart */
  function show(chart) {
    figure.hidden = false;
    still.show(chart);
    const newer = panel.picture.rows.filter((row) => !row.active).length - chart.n_ended;
    figure.toggleAttribute("data-stale", newer !== 0);
    setText(status, `drawn from ${plural(chart.n_runs, "run")}${newer > 0 ? `; ${plural(newer, "run")} ended since` : ""}`);
    if (newer !== 0 && !asked && !panel.isGone) refresh();
  }

  /** Asks for a newer picture as soon as that is due. */
  function refresh() {
    clearTimeout(timer);
    const wait = due - Date.now();
    if (wait <= 0) ask();
    else timer = setTimeout(panel.changed, wait);
  }

  return { element, draw, receive };
}

/** Offers charts, unless they are offered already. @param {HTMLSelectElement} select @param {[name: string, label: string][]} charts */
function offer(select, charts) {
  const key = JSON.stringify(charts);
  if (select.dataset.offered === key) return;
  select.dataset.offered = key;
  const before = select.value;
  select.replaceChildren(h("option", { value: "" }, "choose a chart"),
    ...charts.map(([name, label]) => h("option", { value: name }, label)));
  select.value = charts.some(([name]) => name === before) ? before : "";
}

/** The picture in the colours of the panel. @param {Panel} panel */
function stillPicture(panel) {
  const title = h("figcaption");
  // One that is wider than the panel is scrolled, with arrow keys, too.
  const frame = h("div", { class: "frame", tabindex: 0, role: "group" });
  const caption = h("p", { class: "small" });
  const element = h("figure", { hidden: true }, title, frame, caption);
  /** @type {boolean|null} */
  let drawnDark = null;
  return {
    element,
    forget() { drawnDark = null; },
    /** @param {StillChart} chart */
    show(chart) {
      if (drawnDark === panel.isDark) return;
      drawnDark = panel.isDark;
      setText(title, chart.title);
      setText(caption, chart.caption);
      frame.hidden = !chart.svg;
      if (!chart.svg) return;
      const svg = chart.svg.replaceAll(IS_DARK, panel.isDark ? "@media all" : "@media not all");
      frame.setAttribute("aria-label", chart.title);
      frame.replaceChildren(h("img", { alt: chart.alt, src: `data:image/svg+xml,${encodeURIComponent(svg)}` }));
    },
  };
}
