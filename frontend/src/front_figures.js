// The front and its hypervolume, each with its numbers as a table.
import { chart } from "./chart.js";
import { chartTable } from "./chart_table.js";
import { h, setText } from "./dom.js";
import { frontChart } from "./front_chart.js";
import { pairChoice } from "./front_pair.js";
import { objectiveAxes } from "./model.js";
import { volumeScene } from "./volume_chart.js";
import { digitsIn, number } from "./wording.js";

/** @import { Panel } from "./types.js" */

/** What stands in place of the best so far; hidden for a sweep without a front. @param {Panel} panel */
export function frontFigures(panel) {
  const [front, pair] = [frontChart(panel), pairChoice(panel)];
  const volume = chart(panel, "Hypervolume of the front after each run", () => volumeScene(panel));
  const [frontRows, volumeRows] = [frontTable(panel), volumeTable(panel)];
  const hint = h("span", { class: "muted" }, "drag a rectangle to select runs");
  const amount = h("span", { class: "muted" });
  const figures = {
    front: h("figure", { class: "front" }, h("figcaption", {}, "Front ", hint, " ", pair.element), front.element, frontRows.element),
    volume: h("figure", {}, h("figcaption", {}, "Hypervolume ", amount), volume.element, volumeRows.element) };
  const parts = [pair, front, volume, frontRows, volumeRows];
  function draw() {
    if (figures.front.hidden) return;
    for (const part of parts) part.draw();
    hint.hidden = panel.selected !== null;
    setText(amount, panel.picture.hypervolume?.text ?? "");
  }
  const mark = () => { if (!figures.front.hidden) for (const part of [front, volume]) part.mark(); };
  return { figures, draw, mark, drawBrush: () => { if (!figures.front.hidden) front.drawBrush(); } };
}

/** The runs of the front with their objectives. @param {Panel} panel */
const frontTable = (panel) =>
  chartTable("Front", () => ["run", ...objectiveAxes(panel.picture).map(({ metric }) => metric.name)], () => {
    const { front } = panel.picture;
    return front.flatMap((id) => panel.byId.get(id) ?? []).map((row) => [row.number,
      ...objectiveAxes(panel.picture).map(({ axis, i }) => (axis.is_metric ? row.metric_text : number(row.places[i] ?? NaN, digitsIn(axis.low, axis.high, 4))))]);
  });

/** @param {Panel} panel */
const volumeTable = (panel) =>
  chartTable("Hypervolume", () => ["run", "hypervolume"], () =>
    (panel.picture.hypervolume?.steps ?? []).map(([run, volume]) => [run, number(volume, 6)]));
