import { vi } from "vitest";
import { standardOutput } from "../src/report/print.ts";

/** Collects what `run` writes to standard output and standard error. */
export async function printed(run: () => Promise<unknown>): Promise<{ readonly out: string; readonly err: string }> {
  const text = { out: "", err: "" };
  const collect = (to: "out" | "err") => (chunk: unknown) => {
    text[to] += String(chunk);
    return true;
  };
  const spies = [
    vi.spyOn(standardOutput, "write").mockImplementation(collect("out")),
    vi.spyOn(process.stderr, "write").mockImplementation(collect("err")),
  ];
  try {
    await run();
    return text;
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
