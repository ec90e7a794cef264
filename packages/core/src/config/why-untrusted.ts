// Also loaded by itself, into the thread in which Node 20 runs resolve hooks: imports only Node's modules.
import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { join, resolve } from "node:path";

/** Write permission of the group and of everybody. An access control list shows in that of the group. Source: acl(5), "CORRESPONDENCE". */
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Why somebody else than the caller and root decides what a file contains. */
export interface Distrust {
  /** The file, or a directory or symbolic link on the way to it. */
  readonly path: string;
  readonly why: string;
  readonly hint: string;
}

/**
 * Why a file must not be run or obeyed: it, or a directory or a symbolic link on the way to it, belongs to another user, or others can write to it.
 * Undefined when only the caller and root can change it, or when it does not exist.
 *
 * A sticky directory such as /tmp is not trusted either: anybody can place files there, hard links to files of others among them.
 */
export function whyUntrusted(path: string): Distrust | undefined {
  let at = "/";
  const names = resolve(path).split("/").filter(Boolean);
  for (;;) {
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    const distrust = judge(at, stat);
    if (distrust !== undefined) return distrust;
    if (stat.isSymbolicLink()) return whyUntrusted(resolve(at, "..", readlinkSync(at), ...names));
    const next = names.shift();
    if (next === undefined) return undefined;
    at = join(at, next);
  }
}

function judge(path: string, stat: Stats): Distrust | undefined {
  const caller = process.geteuid?.() ?? 0;
  if (stat.uid !== 0 && stat.uid !== caller) {
    const hint = `if you trust its content, \`chown ${caller} ${path}\`; otherwise use --no-config`;
    return { path, why: `belongs to user ${stat.uid}`, hint };
  }
  // The permissions of a symbolic link mean nothing.
  if (stat.isSymbolicLink() || (stat.mode & WRITABLE_BY_OTHERS) === 0) return undefined;
  const hint =
    (stat.mode & STICKY) === 0
      ? `\`chmod go-w ${path}\`, or use --no-config`
      : "move it to a directory that only you can write, or use --no-config";
  return { path, why: `can be written by others (mode ${(stat.mode & 0o7777).toString(8)})`, hint };
}
