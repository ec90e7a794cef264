import { join } from "node:path";
import { asRestoreError, type DumpContext, type Finding, type Plugin, RestoreError } from "@restage/core";
import { planRestore } from "@restage/core/restore";
import { digestOfFile, loadDigests } from "@restage/images";
import { defaultPlugins } from "../default-restore-plugins.ts";

const HINT = "report this, or make the checkpoint without the check: --no-self-check; the tree is unharmed";

/**
 * Reads all images back, and plans their restore as it would run here when the tree has ended.
 *
 * @param added the plugins of this checkpoint beside the defaults.
 * @throws RestoreError ERR_SELF_CHECK with everything that was found.
 */
export async function checkImages(context: DumpContext, added: readonly Plugin[]): Promise<void> {
  const changed = await findChanged(context);
  // What has changed says why it cannot be planned.
  const failures = changed.length > 0 ? changed : await planFailures(context, added);
  const [first] = failures;
  if (first === undefined) return;
  const what = failures.length === 1 ? first.message : `${failures.length} findings`;
  throw new RestoreError("ERR_SELF_CHECK", `The checkpoint could not be restored: ${what}`, {
    failures: failures.length === 1 ? first.failures : failures,
    hint: failures.length === 1 ? (first.hint ?? HINT) : HINT,
    cause: first,
  });
}

/** Images that do not have the content that was written. */
async function findChanged({ images, host }: DumpContext): Promise<readonly RestoreError[]> {
  const start = await loadDigests();
  const failures: RestoreError[] = [];
  for (const [name, digest] of images.written) {
    if (digest === undefined) continue;
    const path = join(images.current, name);
    const found = digestOfFile(start, (offset, length) => host.readBytes(path, offset, length));
    if (found === digest) continue;
    const how = found === undefined ? "cannot be read" : "does not have the content that was written";
    failures.push(new RestoreError("ERR_IMAGE", `${name} ${how}`, { entry: name }));
  }
  return failures;
}

async function planFailures(context: DumpContext, added: readonly Plugin[]): Promise<readonly RestoreError[]> {
  const { shellJob, fileLocks, extUnixSockets, tcpEstablished, lazyPages } = context.options;
  const options = {
    shellJob,
    fileLocks,
    extUnixSockets,
    tcpEstablished,
    lazyPages: lazyPages === undefined ? undefined : "lazy-pages.socket",
  };
  try {
    const request = { images: context.images.current, plugins: added, ...options };
    const { plan } = await planRestore(request, context.host.kernel, planners());
    return plan.findings.filter(isFatal).map(({ what, why, hint, pid, comm, plugin }) => {
      return new RestoreError("ERR_REFUSED", `${what}: ${why}`, { hint, pid, comm, plugin });
    });
  } catch (error) {
    return [asRestoreError(error, {})];
  }
}

/** The defaults, but for the one that looks at who has the pids of the tree: the tree itself. */
function planners(): readonly Plugin[] {
  return defaultPlugins().filter(({ duty }) => duty !== "pid-policy");
}

/** While the tree is there, its ports and paths are taken; and only a restore knows its options. */
function isFatal({ severity, remedy }: Finding): boolean {
  return severity === "refused" && remedy === undefined;
}
