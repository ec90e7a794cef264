import { type DumpContext, RestoreError } from "@restage/core";
import { imageFileName } from "@restage/images";
import { deviceNumber } from "../../../files/deleted-file/ghost-entry.ts";
import { ownNamespace } from "../../nested/dump.ts";
import type { Mountinfo } from "../mountinfo.ts";

/** As CRIU packs it: numeric owners, sparse files, hard links. Source: CRIU criu/tar.c. */
const ARGUMENTS =
  "--create --gzip --no-unquote --no-wildcards --one-file-system --check-links --preserve-permissions --sparse --numeric-owner --xattrs";

/**
 * Packs what is in a tmpfs. In a user namespace the owners are those in it, so the program runs there (nsenter of util-linux). What is hidden below
 * other mounts is not seen. Requires GNU tar.
 */
export function saveContent({ device, mountPoint }: Mountinfo, context: DumpContext): void {
  const {
    host,
    images,
    tree: { root },
  } = context;
  const directory = `${root.proc}/root${mountPoint}`;
  if (deviceNumber(host.inode(directory)?.dev ?? 0n) !== device) {
    context.findings.warn({ what: `mount ${mountPoint}`, why: "its content is not saved: another mount hides it" });
    return;
  }
  const archive = images.pathOf(imageFileName("tmpfs_dev", device));
  const isOwn = ownNamespace(context, "user") !== undefined;
  const enter = isOwn ? ["nsenter", "--user", "--target", String(root.hostPid), "--setuid", "0", "--setgid", "0"] : [];
  const words = [...enter, "tar", ...ARGUMENTS.split(" "), "--file", "-", "--directory", directory, "."];
  // The archive is opened before the program is in the user namespace, where nobody may write it.
  const redirected = ["-c", 'umask 077; archive=$1; shift; exec "$@" > "$archive"', "sh", archive, ...words];
  const { status, errors } = host.runProgram("sh", redirected);
  if (status === 0) return;
  throw new RestoreError("ERR_PLUGIN", `Cannot save what is in ${mountPoint}: ${words[0]} failed: ${errors.trim()}`, {
    hint: "GNU tar has to be there, and nsenter of util-linux for a tree with a user namespace",
  });
}
