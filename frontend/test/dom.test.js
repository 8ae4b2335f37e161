// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";
import { arrange, h } from "../src/dom.js";

/** @type {HTMLElement} */
let parent;
/** @type {Record<string, HTMLElement>} */
let rows;

beforeEach(() => {
  rows = Object.fromEntries([..."abcdefg"].map((name) => [name, h("button", {}, name)]));
  parent = h("div");
  document.body.replaceChildren(parent);
});

/** @param {string} names */
const put = (names) => arrange(parent, [...names].map((name) => rows[name]));

test.each(["abc", "cba", "", "adgbe", "gfedcba", "bacdefg", "abcdefg"])("children come in the order wanted: %s", (names) => {
  put("cafe");
  put(names);
  expect(parent.textContent).toBe(names);
});

test("what is in order already is not moved, so that it keeps the focus", () => {
  put("abcde");
  rows.c.focus();
  put("gabcdf"); // one before, one after, one gone
  expect(parent.textContent).toBe("gabcdf");
  expect(document.activeElement).toBe(rows.c);
});

test("as few children as possible are moved", async () => {
  put("abcdef");
  /** @type {Node[]} */
  const moved = [];
  const watch = new MutationObserver((records) => { for (const { addedNodes } of records) moved.push(...addedNodes); });
  watch.observe(parent, { childList: true });
  put("fabcde");
  await Promise.resolve();
  expect(moved).toEqual([rows.f]);
});
