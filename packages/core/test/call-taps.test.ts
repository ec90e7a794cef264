import { SyncBailHook, SyncHook } from "tapable";
import { describe, expect, it } from "vitest";
import { callFirstTap, callSyncTaps } from "../src/plugin/call-taps.ts";

/** A hook with three taps, of which the second and third have a result, and the names of those that were called. */
function hookWithTaps() {
  const hook = new SyncBailHook<[string], string | undefined>(["word"]);
  const called: string[] = [];
  const results = { first: undefined, second: "from the second", third: "from the third" };
  for (const [name, result] of Object.entries(results)) {
    hook.tap(name, (word) => {
      called.push(`${name} ${word}`);
      return result;
    });
  }
  return { hook, called };
}

describe.each([false, true])("taps that are called without tapable; the hook is intercepted: %s", (intercepted) => {
  it("end with the first that has a result", () => {
    const { hook, called } = hookWithTaps();
    const seen: unknown[] = [];
    if (intercepted) hook.intercept({ call: (word) => void seen.push(word) });
    expect(callFirstTap(hook, "file")).toBe("from the second");
    expect(called).toEqual(["first file", "second file"]);
    expect(seen).toEqual(intercepted ? ["file"] : []);
  });

  it("are all called, in order, when they have no results", () => {
    const hook = new SyncHook<[number]>(["number"]);
    const called: string[] = [];
    for (const name of ["first", "second"]) hook.tap(name, (number) => void called.push(`${name} ${number}`));
    if (intercepted) hook.intercept({ call: () => void called.push("intercepted") });
    callSyncTaps(hook, 7);
    expect(called).toEqual([...(intercepted ? ["intercepted"] : []), "first 7", "second 7"]);
  });
});
