import { expect, it } from "vitest";
import { lineOfJsonError } from "../src/config/json-error.ts";

it.each([
  ["a missing comma", '{\n  "a": 1\n  "b": 2\n}', 3],
  ["a comma after the last element", '{\n  "a": [1, 2],\n}', 3],
  ["a comment", '{\n  "a": {"b": -1.5e3},\n  // why\n  "c": true\n}', 3],
  ["a name without quotes", "{\n\n  a: 1\n}", 3],
  ["a string without its end", '{\n  "a": "b\n}', 2],
  ["a wrong escape", '[\n"\\u12g4"]', 2],
  ["an end that is missing", '{\n  "a": [\n    null\n', 4],
  ["something after the end", "{}\n\n}", 3],
  ["an empty file", "", 1],
])("the line of %s in JSON is found", (_what, text, line) => {
  expect(() => JSON.parse(text)).toThrow();
  expect(lineOfJsonError(text)).toBe(line);
});
