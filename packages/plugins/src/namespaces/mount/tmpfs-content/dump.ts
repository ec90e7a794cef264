import { type DumpContext, RestoreError } from "@restage/core";
import { imageFileName } from "@restage/images";
import { deviceNumber } from "../../../files/deleted-file/ghost-entry.ts";
import { ownNamespace } from "../../own-namespaces.ts";
import type { Mountinfo } from "../mountinfo.ts";
import { PROGRAMS_HINT, withOwnersInside } from "./tar.ts";

/** CRIU's options: numeric owners, sparse files, hard links. Source: CRIU criu/tar.c. */
const ARGUMENTS =
  "--create --gzip --no-unquote --no-wildcards --one-file-system --check-links --preserve-permissions --sparse --numeric-owner --xattrs";

/** Packs the content of a tmpfs into an archive, except what other mounts hide. Requires GNU tar. */
export function saveContent({ device, mountPoint }: Mountinfo, context: DumpContext): void {
  const { host, images } = context;
  const { root } = context.tree;
  const directory = `${root.proc}/root${mountPoint}`;
  if (deviceNumber(host.inode(directory)?.dev ?? 0n) !== device) {
    context.findings.warn({
      what: `mount ${mountPoint}`,
      why: "its content is not saved, because another mount hides it",
    });
    return;
  }
  const archive = images.pathOf(imageFileName("tmpfs_dev", device));
  const isOwn = ownNamespace(context, "user") !== undefined;
  const tar = ["tar", ...ARGUMENTS.split(" "), "--file", "-", "--directory", directory, "."];
  const words = isOwn ? withOwnersInside(root.hostPid, tar) : tar;
  // The shell opens the archive before the program enters the user namespace, where no user can write it.
  const redirected = ["-c", 'umask 077; archive=$1; shift; exec "$@" > "$archive"', "sh", archive, ...words];
  const { status, errors } = host.runProgram("sh", redirected);
  if (status === 0) return;
  throw new RestoreError(
    "ERR_PLUGIN",
    `Cannot save the content of ${mountPoint}: ${words[0]} failed: ${errors.trim()}`,
    {
      hint: PROGRAMS_HINT,
    },
  );
}
