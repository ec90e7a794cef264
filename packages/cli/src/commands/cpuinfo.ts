import { RestoreError } from "@restage/core";
import { checkProcessor, saveProcessor } from "../check/processor.ts";
import { EXIT } from "../exit-codes.ts";
import { openMachine } from "../open-machine.ts";
import type { Settings } from "../options/settings.ts";

/** Saves a description of this processor, or compares this processor with a saved one, as `criu cpuinfo` does. Returns the exit code. */
export async function cpuinfoCommand({ restore }: Settings, action: string | undefined): Promise<number> {
  const { images = ".", cpuCap } = restore;
  if (action !== "dump" && action !== "check")
    throw new RestoreError("ERR_OPTION", "Name an action: `restage cpuinfo dump` or `restage cpuinfo check`");
  const kernel = await openMachine();
  if (action === "dump") saveProcessor(kernel, images);
  else checkProcessor(kernel, images, cpuCap);
  kernel.close();
  return EXIT.OK;
}
