// The panel as an anywidget: asks for a picture, follows deltas, reports clicks and selections.
import { unpack } from "./packing.js";
import { mount } from "./panel.js";

/** @import { FromKernel, Picture, WidgetModel } from "./types.js" */

const ASK_AGAIN_MS = 2000;

/**
 * Says that this page shows widgets, before it shows this one, and where its output is gone again.
 * @param {{model: WidgetModel}} context
 */
function initialize({ model }) {
  model.send({ kind: "here" });
}

/** @param {{model: WidgetModel, el: HTMLElement}} context */
function render({ model, el }) {
  const host = document.createElement("div");
  el.append(host);
  const snap = model.get("snap");
  let asked = 0;
  const view = mount(host, {
    picture: snap && "rows" in snap ? /** @type {Picture} */ (snap) : null,
    controls: model.get("controls"),
    brushes: model.get("brushes"),
    send: (message) => model.send(message),
    onSelect(ids, brushes) {
      model.set("brushes", brushes);
      model.set("selected_ids", ids);
      model.save_changes();
    },
  });

  /** Asks for a whole picture, not with every delta that does not fit. @param {"ready"|"resync"} kind */
  function resync(kind) {
    if (Date.now() - asked < ASK_AGAIN_MS) return;
    asked = Date.now();
    model.send({ kind });
    view.askForLog();
  }

  /** @param {FromKernel} message @param {DataView[]} buffers */
  const receive = (message, buffers) => {
    view.setGone(false);
    if (!show(view, message, buffers)) resync("resync");
  };
  const onControls = () => view.setControls(model.get("controls"));
  const onSelected = () => view.choose(model.get("selected_ids"));
  // Told when a kernel was restarted, or is there again: one that is there answers.
  const onConnection = () => {
    view.setGone(true);
    resync("ready");
  };
  model.on("comm_live_update", onConnection);
  model.on("msg:custom", receive);
  model.on("change:controls", onControls);
  model.on("change:selected_ids", onSelected);
  resync("ready");

  return () => {
    model.off("comm_live_update", onConnection);
    model.off("msg:custom", receive);
    model.off("change:controls", onControls);
    model.off("change:selected_ids", onSelected);
    view.close();
  };
}

/**
 * Shows what a message says; false when a picture is missing before it.
 * @param {ReturnType<typeof mount>} view @param {FromKernel} message @param {DataView[]} buffers
 */
function show(view, message, buffers) {
  if (message.kind === "picture")
    view.setPicture(message.rows ? { ...message.picture, rows: unpack(message.rows, buffers[0]) } : message.picture);
  else if (message.kind === "delta") return view.panel.picture?.seq >= message.seq || view.applyDelta(message); // it may be old
  else if (message.kind === "detail") view.setDetail(message.run, message.detail);
  else if (message.kind === "analysis") view.setAnalysis(message);
  else if (message.kind === "chart") view.setChart(message);
  else if (message.kind === "series") view.setSeries(message, buffers[0]);
  else if (message.kind === "log") view.addToLog(message);
  else if (message.kind === "space") view.setSpace(message.specs);
  else if (message.kind === "answer") view.answer(message);
  return true;
}

export default { initialize, render };
