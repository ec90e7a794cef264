import { RestoreError, type StageContext, type Task } from "@restage/core";

/** As CRIU packs it: numeric owners, sparse files, no extended attributes. Source: CRIU criu/filesystems.c. */
const ARGUMENTS = ["--extract", "--gzip", "--no-unquote", "--numeric-owner", "--preserve-permissions", "--file", "-"];

/**
 * Unpacks an archive of the images to the working directory of a task: a file system that it has just mounted. In a user namespace the owners are
 * those in it, so the program runs there (nsenter of util-linux). Requires GNU tar.
 */
export function unpackInto(
  task: Task,
  { images, host }: StageContext,
  archive: string,
  inUserNamespace: boolean,
): void {
  const pid = String(task.hostPid);
  const tar = ["tar", ...ARGUMENTS, "--directory", `/proc/${pid}/cwd`];
  const [program = "", ...args] = inUserNamespace
    ? ["nsenter", "--user", "--target", pid, "--setuid", "0", "--setgid", "0", ...tar]
    : tar;
  const { status, errors } = host.runProgram(program, args, images.source.read(archive));
  if (status === 0) return;
  throw new RestoreError("ERR_PLUGIN", `Cannot unpack ${archive}: ${program} failed: ${errors.trim()}`, {
    hint: "GNU tar has to be there, and nsenter of util-linux for a tree with a user namespace",
  });
}
