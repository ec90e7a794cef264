import type { RestoreListener } from "@restage/core";

/** Shows the stages as they pass, a line each, and a summary. */
export function terminalReport(out: NodeJS.WriteStream): RestoreListener {
  const dim = colour(out, 2, 22);
  const green = colour(out, 32, 39);
  const yellow = colour(out, 33, 39);
  let started = 0;
  return (event) => {
    switch (event.kind) {
      case "planned":
        started = event.time;
        for (const { severity, what, why } of event.findings) {
          if (severity === "warning") out.write(`${yellow("warning")} ${what}: ${why}\n`);
        }
        break;
      case "stage-started":
        if (out.isTTY) out.write(`  ${event.stage.padEnd(20)}${dim(counted(event.participants, "task"))}\r`);
        break;
      case "stage-left":
        out.write(`${green("✓")} ${event.stage.padEnd(20)}${`${event.milliseconds.toFixed(1)} ms`.padStart(12)}\x1b[K\n`);
        break;
      case "resumed":
        out.write(`${green("running")} ${counted(event.threads, "thread")}, root task ${event.pid}, after ${(event.time - started).toFixed(1)} ms\n`);
        break;
      case "failed":
        for (const left of event.left) out.write(`${yellow("left")} ${left}\n`);
        break;
    }
  };
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function colour(out: NodeJS.WriteStream, on: number, off: number): (text: string) => string {
  const plain = out.isTTY !== true || process.env["NO_COLOR"] !== undefined;
  return plain ? (text) => text : (text) => `\x1b[${on}m${text}\x1b[${off}m`;
}
