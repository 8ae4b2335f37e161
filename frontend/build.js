// Bundles the panel into self-contained files that are committed, so that pip needs no npm:
// panel.js for the widget; frozen.min.js for saved outputs; frozen_front.min.js for those of
// sweeps with several objectives.
//
//   node build.js            writes them into nbsweep/panel/static
//   node build.js FOLDER     writes them elsewhere, for the test that compares
import { build, transform } from "esbuild";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(here, "../nbsweep/panel/static"));
const banner = "/* Generated from frontend/ by `make frontend`. */";

// Styles as text, since they belong in the panel's shadow root.
const styles = {
  name: "styles",
  setup: (bundle) =>
    bundle.onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const text = await readFile(file, "utf8");
      const { code: contents } = await transform(text, { loader: "css", minify: true });
      return { contents, loader: "text" };
    }),
};

// Type casts mean nothing to a browser, and esbuild would keep each on a line of its own.
const withoutCasts = {
  name: "without casts",
  setup: (bundle) =>
    bundle.onLoad({ filter: /\/src\/\w+\.js$/ }, async ({ path: file }) => ({
      contents: (await readFile(file, "utf8")).replace(/\/\*\* @type \{.*?\} \*\//g, ""),
    })),
};

/** Leaves modules out. @param {RegExp} filter */
const without = (filter) => ({
  name: `without ${filter}`,
  setup: (bundle) => bundle.onResolve({ filter }, () => ({ path: path.join(here, "src/absent.js") })),
});

// Buttons and forms that ask a kernel, which a saved output does not have.
const withoutForms =
  without(/\/((steering|narrowing|believing|ranking_question|connection|further_charts|series|following|run_actions|trouble)\.js|styles\/forms\.css)$/);
const withoutFront = without(/\/front_figures\.js$/);

const common = {
  absWorkingDir: here,
  bundle: true,
  charset: "utf8",
  legalComments: "none",
  target: "es2020",
  minify: true,
  banner: { js: banner },
};

await build({
  ...common,
  plugins: [styles, withoutCasts],
  entryPoints: ["src/widget.js"],
  format: "esm",
  outfile: path.join(out, "panel.js"),
});
for (const [name, left] of [["frozen", [withoutForms, withoutFront]], ["frozen_front", [withoutForms]]])
  await build({
    ...common,
    plugins: [styles, ...left],
    entryPoints: ["src/frozen.js"],
    format: "iife",
    globalName: "nbsweepFrozen",
    outfile: path.join(out, `${name}.min.js`),
  });
