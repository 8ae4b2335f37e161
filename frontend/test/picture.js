// A made-up picture, as nbsweep/view/delta.py sends it.
export function row(number, fields = {}) {
  return {
    id: `run${number}`, number, attempt: 0, name: `brisk-sweep-${number}`, state: "finished", word: fields.state ?? "finished", active: false,
    counts: ["finished", "stopped"].includes(fields.state ?? "finished"),
    texts: ["adam", "0.01"], places: [0, 0.01], metric: number, metric_text: String(number), results: [], beyond: "", curve: [3, 2, number],
    span: [0, 2], continued: [], diverged: false, start_s: 15 * number, duration_s: 12, note: "", worker: "", ...fields,
  };
}

const axis = (fields) => ({ kind: "linear", low: 0, high: 1, ticks: [], categories: [], marks: [], is_metric: false, is_extra: false, is_objective: false, best: 0, poor: 0, ...fields });

export function picture(rows = [row(1), row(2)], fields = {}) {
  return {
    seq: 1, live: true,
    sweep: { id: "ab12cd34", name: "digits", method: "random", project: "demo", state: "RUNNING", word: "running", message: "" },
    progress: { done: rows.length, total: 10, active: 0, counts: { finished: rows.length }, words: [`${rows.length} of 10 runs`], saved: "", plan: "", workers: 1, elapsed_s: 10, remaining_s: null },
    metric: { name: "loss", goal: "minimize", target: null },
    best: rows.length ? { id: rows[0].id, number: rows[0].number, name: rows[0].name, value: 1, text: "1", config: {} } : null,
    columns: [{ name: "optimizer", numeric: false, log: false }, { name: "learning_rate", numeric: true, log: true }],
    constants: [], failures: [], notes: [],
    axes: [
      axis({ name: "optimizer", kind: "category", categories: ["adam", "sgd"] }),
      axis({ name: "learning_rate", kind: "log", low: 1e-4, high: 0.1 }),
      axis({ name: "loss", low: 0, high: 10, is_metric: true, best: 0, poor: 10 }),
    ],
    metrics: [], front: [], standing: "", beliefs: [], findings: [], importance: null, outlook: null, hypervolume: null, rows, repeated: [], logged: [], ...fields,
  };
}
