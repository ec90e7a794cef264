import { readFileSync } from "node:fs";

/** A user by numbers. */
export interface UserIds {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

/** Finds a user of this machine by name. Source: passwd(5), group(5). */
export function findUser(name: string, read: (path: string) => string = readDatabase): UserIds {
  const [, , uid, gid] = linesOf(read("/etc/passwd")).find(([user]) => user === name) ?? [];
  if (uid === undefined || gid === undefined) {
    throw new RangeError(`Cannot find the user ${name}: /etc/passwd does not have it; give its uid and gid`);
  }
  const groups = linesOf(read("/etc/group")).filter(([, , , members = ""]) => members.split(",").includes(name));
  return { uid: Number(uid), gid: Number(gid), groups: groups.map(([, , number]) => Number(number)) };
}

function readDatabase(path: string): string {
  return readFileSync(path, "utf8");
}

function linesOf(text: string): readonly (readonly string[])[] {
  return text.split("\n").map((line) => line.split(":"));
}
