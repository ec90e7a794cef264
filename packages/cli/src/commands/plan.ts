import { eventToJson, type Finding, printProgram, type RestoreEvent, restore, type StageName } from "@restage/core";
import { RecordingKernel } from "@restage/core/testing";
import { defaultPlugins } from "@restage/plugins";
import { requestOf } from "../options/request.ts";
import type { RestoreFlags } from "../options/restore-options.ts";

/** Prints stage by stage what each task would do. Nothing is touched: a kernel that only writes down takes the real one's place. */
export async function planCommand(flags: RestoreFlags): Promise<void> {
  const request = await requestOf(flags);
  const print = flags.json === true ? printJson : createPrinter();
  await restore({ ...request, onEvent: print }, new RecordingKernel(), defaultPlugins());
}

function printJson(event: RestoreEvent): void {
  if (event.kind === "tap") return;
  const text = JSON.stringify(eventToJson(event), (_key, value) => (typeof value === "bigint" ? value.toString() : value));
  process.stdout.write(`${text}\n`);
}

/** A heading for each stage and task, then its duties with their calls. */
function createPrinter(): (event: RestoreEvent) => void {
  let stage: StageName | undefined;
  return (event) => {
    if (event.kind === "planned") for (const finding of event.findings) process.stdout.write(`${printFinding(finding)}\n`);
    if (event.kind === "stage-started") {
      stage = event.stage;
      process.stdout.write(`\n${stage}\n`);
    }
    if (event.kind !== "program") return;
    process.stdout.write(`  ${event.target}\n`);
    const lines = printProgram(event.steps);
    let duty: string | undefined;
    event.steps.forEach((step, index) => {
      if (step.plugin !== duty) process.stdout.write(`    ${step.plugin}\n`);
      duty = step.plugin;
      process.stdout.write(`      ${lines[index]}\n`);
    });
  };
}

/** A finding on one line, its hint on the next. */
export function printFinding({ severity, what, why, hint, pid }: Finding): string {
  const task = pid === undefined ? "" : ` (task ${pid})`;
  return `${severity}: ${what}${task}: ${why}${hint === undefined ? "" : `\n  hint: ${hint}`}`;
}
