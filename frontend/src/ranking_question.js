// Which ranking of the parameters is wanted: for which result, from which runs, by which
// method. The usual one comes with each picture, the others are asked for.
import { h } from "./dom.js";
import { isCounted, metricAxis } from "./model.js";

/** @import { Analysis, Importance, Panel, Picture } from "./types.js" */

const WAIT_MS = 400; // after the last change of the selection, before a ranking is asked for
const OUTGROWN = 1.5; // times the runs of a ranking, and it is pale

/** As `analysis.importance` calls them. @type {Record<string, string>} */
const METHODS = {
  forest: "forest",
  permutation: "permutation",
  fanova: "fANOVA",
  ped_anova: "near the top (PED-ANOVA)",
  shap: "SHAP",
  pearson: "correlation (Pearson)",
  spearman: "rank correlation (Spearman)",
  mutual_information: "mutual information",
};
const FAILED = "failed"; // the target of whether a run fails

/** @param {Panel} panel */
export function rankingQuestion(panel) {
  /** @param {string} label @param {Record<string, string>} [options]  value to text */
  const choice = (label, options = {}) =>
    h("select", { "aria-label": label, onchange: () => { ask(); panel.changed(); } },
      Object.entries(options).map(([value, text]) => h("option", { value }, text)));
  const target = choice("Importance for");
  const fillTargets = targetsOf(panel, target);
  const scope = choice("Runs to learn from", { all: "all runs", selected: "selected runs" });
  const method = choice("Method", METHODS);
  const element = h("div", { class: "options small" }, h("label", {}, "of ", target), scope, method);
  /** What was asked for last, and what came. @type {Analysis} */
  let asked = { key: "", found: null, error: "" };
  let timer = 0;

  const isUsual = () => !panel.canAsk || (!panel.view.cut && !target.value && scope.value === "all" && method.value === "forest");

  /** Asks the kernel for a ranking that the picture does not have; again when runs have ended. */
  function ask() {
    if (isUsual()) return;
    const shown = panel.view.cut ? panel.picture.rows.map(({ id }) => id) : null;
    const runs = scope.value === "selected" && panel.selected ? [...panel.selected] : shown;
    const ended = panel.picture.rows.filter((row) => !row.active).length;
    const key = JSON.stringify([target.value, method.value, scope.value, runs, ended]);
    if (key === asked.key) return;
    asked = { ...asked, key, error: "" };
    clearTimeout(timer);
    timer = setTimeout(() => panel.send({ kind: "analyse", key, target: target.value, runs, method: method.value }), WAIT_MS);
  }

  /** @param {Analysis} analysis */
  function receive(analysis) {
    if (analysis.key !== asked.key) return;
    asked = analysis;
    panel.changed();
  }

  /** The newest ranking there is, and what to say about it. @returns {{ranking: Importance|null, text: string, isOld: boolean}} */
  function answer() {
    if (isUsual()) return usualAnswer(panel.picture);
    return { ranking: asked.found, text: asked.error || (asked.found?.verdict ?? "Computing…"), isOld: false };
  }

  function draw() {
    element.hidden = !panel.canAsk;
    fillTargets();
  }

  return { element, ask, answer, receive, draw, hasTarget: () => !!target.value };
}

/** What comes with each picture; of fewer runs than there are it says so. @param {Picture} picture */
function usualAnswer(picture) {
  const { importance, rows } = picture;
  if (!importance) return { ranking: null, text: whyNotYet(picture), isOld: false };
  const [n, now] = [importance.n_runs, rows.filter(isCounted).length];
  const basis = n < now ? ` (from ${n} of ${now} runs)` : n > now ? ` (from ${n} runs)` : "";
  const text = importance.verdict + basis;
  return { ranking: importance, text, isOld: OUTGROWN * n < now };
}

/** What a ranking waits for, if anything. @param {Picture} picture */
function whyNotYet({ live, rows }) {
  if (rows.some((row) => !row.active)) return "Ranking the parameters…";
  return live || rows.length ? "Waiting for the first run to end." : "No run yet: nbsweep.agent(…) starts some.";
}

/** Offers the results of the runs, the metric first. @param {Panel} panel @param {HTMLSelectElement} target */
function targetsOf(panel, target) {
  let shown = "";
  return () => {
    const { axes } = panel.picture;
    const extras = axes.filter((axis) => axis.is_extra);
    const names = [...extras].sort((a, b) => Number(b.is_objective) - Number(a.is_objective)).map((axis) => axis.name);
    const metric = metricAxis(axes);
    const states = new Set(panel.picture.rows.map((row) => row.state));
    const asksWhetherFailed = (states.has("failed") || states.has("crashed")) && !names.includes(FAILED);
    const key = JSON.stringify([names, metric?.name, asksWhetherFailed]);
    if (key === shown) return;
    shown = key;
    const before = target.value;
    target.replaceChildren(...(metric ? [h("option", { value: "" }, metric.name)] : []),
      ...names.map((name) => h("option", { value: name }, name)),
      ...(asksWhetherFailed ? [h("option", { value: FAILED }, "whether a run fails")] : []));
    target.value = names.includes(before) || (asksWhetherFailed && before === FAILED) ? before : metric ? "" : names[0] ?? "";
  };
}
