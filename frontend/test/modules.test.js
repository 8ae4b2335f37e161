// How the front end is written: modules of one subject, functions that fit on a screen.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const SOURCES = path.join(import.meta.dirname, "../src");
const MOST_LINES = 300; // of a module
const MOST_OF_A_FUNCTION = 80;

const modules = readdirSync(SOURCES).filter((name) => name.endsWith(".js"));
const read = (name) => readFileSync(path.join(SOURCES, name), "utf8");

/** The functions of a module by name, each with its lines. */
function functionsOf(name, text) {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
  const found = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body) {
      const [from, to] = [node.getStart(), node.getEnd()].map((at) => source.getLineAndCharacterOfPosition(at).line);
      found.push({ name: node.name?.getText() ?? node.parent.name?.getText?.() ?? "(callback)", lines: to - from + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test("the lines of functions are counted, of those within others as well", () => {
  const text = `function a() {\n${"  x();\n".repeat(3)}  const b = () => {\n  };\n}\nconst c = { d() {\n} };`;
  expect(functionsOf("made-up.js", text)).toEqual([{ name: "a", lines: 7 }, { name: "b", lines: 2 }, { name: "d", lines: 2 }]);
});

test.each(modules)("%s is short, and so are its functions", (name) => {
  const text = read(name);
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(MOST_LINES);
  expect(functionsOf(name, text).filter(({ lines }) => lines > MOST_OF_A_FUNCTION)).toEqual([]);
});

test.each([...modules, "types.d.ts"])("%s has no type that holds for everything", (name) => {
  expect(read(name).match(/(?<=[{<|:,\[(]\s*)any(?=\s*[}>|;,\])[]).*/g) ?? []).toEqual([]);
});
