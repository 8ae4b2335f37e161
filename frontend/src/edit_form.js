// The ranges of a running sweep as a form: limits of numbers, values of lists.
import { button, h } from "./dom.js";

/** @import { Child, Panel, Spec } from "./types.js" */
/**
 * What a parameter's inputs are, and what they say: the keys of its spec that differ, or null.
 * @typedef {{inputs: Child[], read: () => Spec|null}} Field
 */

/** @param {Panel} panel */
export function editForm(panel) {
  const fields = h("div", { class: "fields" });
  /** @type {Map<string, Field["read"]>} */
  const readers = new Map();
  const form = h("form", { class: "edit", hidden: true, "aria-label": "Edit ranges", onsubmit: (event) => {
    event.preventDefault();
    /** @type {Record<string, Spec>} */
    const parameters = {};
    for (const [name, read] of readers) {
      const spec = read();
      if (spec) parameters[name] = spec;
    }
    if (Object.keys(parameters).length) panel.steer("edit", { parameters });
    else close();
  } },
    h("div", { class: "muted small" }, "Applies from the next suggestion on; runs inside the new ranges still count."),
    fields, h("button", { type: "submit" }, "Apply"), " ", button("Cancel", close));

  /** @type {Record<string, Spec>} */
  let proposed = {};

  /** Keys of specs that the form has in place of those of the sweep when it opens. @param {Record<string, Spec>} specs */
  function propose(specs) {
    proposed = specs;
  }

  /** @param {Record<string, Spec>} specs  of the sweep config, by parameter */
  function open(specs) {
    readers.clear();
    const wanted = proposed;
    proposed = {};
    fields.replaceChildren(...Object.entries(specs).map(([name, spec]) => {
      const field = fieldOf(name, spec, wanted[name]);
      if (field) readers.set(name, field.read);
      return h("fieldset", {}, h("legend", {}, name), field ? field.inputs
        : h("span", { class: "muted" }, "value" in spec ? `always ${JSON.stringify(spec.value)}` : JSON.stringify(spec)));
    }));
    form.hidden = false;
    fields.querySelector("input")?.focus();
  }

  function close() {
    form.hidden = true;
  }

  return { element: form, open, propose, close };
}

/** @param {string} name @param {Spec} spec @param {Spec} [wanted] @returns {Field|null} null when it cannot be edited here */
function fieldOf(name, spec, wanted) {
  const { values, min, max } = spec;
  if (Array.isArray(values)) return listField(name, values, wanted?.values ?? values, spec.probabilities);
  return Number.isFinite(min) && Number.isFinite(max) ? limitsField(name, Number(min), Number(max), wanted) : null;
}

/** @param {string} name @param {number} low @param {number} high @param {Spec} [wanted] @returns {Field} */
function limitsField(name, low, high, wanted) {
  /** @param {string} key @param {number} value */
  const input = (key, value) => h("input", { type: "number", step: "any", value, required: true, "aria-label": `${name}, ${key}` });
  const [first, last] = [input("min", wanted?.min ?? low), input("max", wanted?.max ?? high)];
  return {
    inputs: [first, " to ", last],
    read() {
      const [min, max] = [Number(first.value), Number(last.value)];
      return min === low && max === high ? null : { min, max };
    },
  };
}

/** @param {string} name @param {unknown[]} before @param {unknown[]} values  those of the sweep, and more that are proposed @param {number[]} [probabilities] @returns {Field} */
function listField(name, before, values, probabilities) {
  const boxes = values.map((value) => h("input", { type: "checkbox", checked: true, "aria-label": `${name}: ${value}` }));
  return {
    inputs: boxes.map((box, i) => h("label", {}, box, " ", JSON.stringify(values[i]))),
    read() {
      const kept = values.map((_, i) => i).filter((i) => boxes[i].checked);
      const left = kept.map((i) => values[i]);
      if (JSON.stringify(left) === JSON.stringify(before)) return null;
      /** @type {Spec} */
      const spec = { values: left };
      if (probabilities) {
        const total = kept.reduce((sum, i) => sum + probabilities[i], 0) || 1;
        spec.probabilities = kept.map((i) => probabilities[i] / total);
      }
      return spec;
    },
  };
}
