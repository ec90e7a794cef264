import { arch, release } from "node:os";
import type { Finding } from "@restage/core";
import { checkCheckpoint } from "../check/checkpoint.ts";
import { checkMachine } from "../check/machine.ts";
import { EXIT } from "../exit-codes.ts";
import type { Settings } from "../options/settings.ts";
import { print } from "../report/print.ts";
import { printFinding } from "../report/print-finding.ts";
import { requestWithoutImages, withImagesHere } from "../request.ts";

/** Lists every obstacle to a restore here: machine, privileges, pids, and the images. Returns the exit code. */
export async function checkCommand(settings: Settings): Promise<number> {
  const request = await requestWithoutImages(settings, "check");
  // In messages, an archive has its own name, and not that of the directory with its images.
  const { images } = request;
  const here = await withImagesHere(settings, request);
  const ofCheckpoint = here.images === undefined ? [] : await checkCheckpoint({ ...here, images: here.images });
  const known = new Set(ofCheckpoint.map(({ what }) => what));
  // What the checkpoint needs of the machine says more than what some checkpoint might need.
  const ofMachine = checkMachine(request.unprivileged ?? false).filter(({ what }) => !known.has(what));
  const findings: readonly Finding[] = [...ofMachine, ...ofCheckpoint];
  const restorable = findings.every(({ severity }) => severity !== "refused");
  if (settings.json)
    print(`${JSON.stringify({ restorable, images, kernel: release(), architecture: arch(), findings })}\n`);
  else {
    for (const finding of findings) print(`${printFinding(finding)}\n`);
    print(`${verdict(restorable, images)} (kernel ${release()}, ${arch()})\n`);
  }
  return restorable ? EXIT.OK : EXIT.FAILED;
}

function verdict(restorable: boolean, images: string | undefined): string {
  if (images === undefined) return restorable ? "This machine can restore" : "This machine cannot restore";
  return restorable ? `${images} can be restored here` : `${images} cannot be restored here`;
}
