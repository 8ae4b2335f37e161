// The ranges of a running sweep as a form: limits of numbers, values of lists.
import { h } from "./dom.js";

/** @param {any} panel */
export function editForm(panel) {
  const fields = h("div", { class: "fields" });
  const apply = h("button", { type: "submit" }, "Apply");
  const form = h("form", { class: "edit", hidden: true, "aria-label": "Edit ranges", onsubmit: (event) => {
    event.preventDefault();
    const parameters = changes();
    if (Object.keys(parameters).length) panel.steer("edit", { parameters });
    else form.hidden = true;
  } },
    h("div", { class: "muted small" }, "From the next suggestion on; runs inside of the new ranges still count."),
    fields, apply, " ", h("button", { type: "button", onclick: () => { form.hidden = true; } }, "Cancel"));
  /** @type {{name: string, read: () => any}[]} */
  let readers = [];

  function changes() {
    const found = {};
    for (const { name, read } of readers) {
      const value = read();
      if (value) found[name] = value;
    }
    return found;
  }

  function limits(name, spec) {
    const inputs = ["min", "max"].map((key) =>
      h("input", { type: "number", step: "any", value: spec[key], required: true, "aria-label": `${name}, ${key}` }));
    const read = () => {
      const [min, max] = inputs.map((input) => Number(input.value));
      return min === spec.min && max === spec.max ? null : { min, max };
    };
    return { inputs: [inputs[0], " to ", inputs[1]], read };
  }

  function values(name, spec) {
    const boxes = spec.values.map((value) => h("input", { type: "checkbox", checked: true, "aria-label": `${name}: ${value}` }));
    const read = () => {
      const kept = spec.values.map((value, i) => i).filter((i) => boxes[i].checked);
      if (kept.length === spec.values.length) return null;
      const found = /** @type {any} */ ({ values: kept.map((i) => spec.values[i]) });
      if (spec.probabilities) {
        const total = kept.reduce((sum, i) => sum + spec.probabilities[i], 0) || 1;
        found.probabilities = kept.map((i) => spec.probabilities[i] / total);
      }
      return found;
    };
    return { inputs: boxes.map((box, i) => h("label", {}, box, " ", JSON.stringify(spec.values[i]))), read };
  }

  /** @param {Object<string, any>} specs  of the sweep config, by parameter */
  function open(specs) {
    readers = [];
    fields.replaceChildren(...Object.entries(specs).map(([name, spec]) => {
      const made = Array.isArray(spec.values) ? values(name, spec)
        : Number.isFinite(spec.min) && Number.isFinite(spec.max) ? limits(name, spec) : null;
      if (made) readers.push({ name, read: made.read });
      return h("fieldset", {}, h("legend", {}, name), made ? made.inputs
        : h("span", { class: "muted" }, "value" in spec ? `always ${JSON.stringify(spec.value)}` : JSON.stringify(spec)));
    }));
    form.hidden = false;
    fields.querySelector("input")?.focus();
  }

  return { element: form, open, close: () => { form.hidden = true; } };
}
