import { RestoreError, type StageContext, type Task } from "@restage/core";
import { PROGRAMS_HINT, withOwnersInside } from "./tar.ts";

/** CRIU's options, and extended attributes of all kinds, which only Restage's archives have. Source: CRIU criu/filesystems.c. */
const ARGUMENTS = [
  "--extract",
  "--gzip",
  "--no-unquote",
  "--numeric-owner",
  "--preserve-permissions",
  "--xattrs",
  "--xattrs-include=*",
  "--file",
  "-",
];

/** Unpacks an archive of the images into the working directory of a task: a file system that it has just mounted. Requires GNU tar. */
export function unpackInto(
  task: Task,
  { images, host }: StageContext,
  archive: string,
  inUserNamespace: boolean,
): void {
  const tar = ["tar", ...ARGUMENTS, "--directory", `/proc/${task.hostPid}/cwd`];
  const [program = "", ...args] = inUserNamespace ? withOwnersInside(task.hostPid, tar) : tar;
  const { status, errors } = host.runProgram(program, args, images.source.read(archive));
  if (status === 0) return;
  throw new RestoreError("ERR_PLUGIN", `Cannot unpack ${archive}: ${program} failed: ${errors.trim()}`, {
    hint: PROGRAMS_HINT,
  });
}
