import { join } from "node:path";
import {
  DIGESTS_FILE,
  digestOf,
  digestOfFile,
  type ImageSource,
  imageKinds,
  loadDigests,
  parseDigests,
  parseImageFileName,
  type StartDigest,
} from "@restage/images";
import { RestoreError } from "../errors.ts";
import type { Host } from "../host/host.ts";

/**
 * Compares all images, and those of earlier checkpoints that they build on, with the digests that `restage checkpoint` has written.
 *
 * @throws RestoreError ERR_IMAGE with a failure for each image that has changed or is missing.
 */
export async function verifyImages(source: ImageSource, host: Host): Promise<void> {
  const start = await loadDigests();
  const failures: RestoreError[] = [];
  for (let each: ImageSource | undefined = source; each !== undefined; each = each.parent())
    failures.push(...failuresOf(each, host, start));
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length === 1) throw first;
  const message = `Cannot trust the checkpoint ${source.description}: ${failures.length} images differ`;
  throw new RestoreError("ERR_IMAGE", message, { failures });
}

function* failuresOf(source: ImageSource, host: Host, start: StartDigest): Generator<RestoreError> {
  const bytes = source.read(DIGESTS_FILE);
  const digests = bytes === undefined ? undefined : parseDigests(new TextDecoder().decode(bytes));
  if (digests === undefined) {
    const why = bytes === undefined ? "is missing" : "is damaged";
    const hint = "only checkpoints that Restage made with digests can be verified; restore it without --verify";
    yield new RestoreError("ERR_IMAGE", `Cannot verify ${source.description}: ${DIGESTS_FILE} ${why}`, { hint });
    return;
  }
  const hint = "copy the checkpoint again";
  for (const [name, digest] of digests) {
    const now = digestNow(source, host, start, name);
    if (now === digest) continue;
    const how = now === undefined ? "is missing" : "has changed since the checkpoint was made";
    yield new RestoreError("ERR_IMAGE", `${name} ${how}`, { entry: name, hint });
  }
}

/** Pages, which may be larger than memory, are read in parts, as tasks read them: from the directory. */
function digestNow(source: ImageSource, host: Host, start: StartDigest, name: string): string | undefined {
  const kind = parseImageFileName(name)?.kind;
  const isRaw = kind !== undefined && imageKinds[kind].message === undefined;
  const read = (offset: number, length: number) => host.readBytes(join(source.directory(), name), offset, length);
  if (isRaw) return digestOfFile(start, read);
  const bytes = source.read(name);
  return bytes === undefined ? undefined : digestOf(start, bytes);
}
