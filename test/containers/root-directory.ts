import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const BUSYBOX = "/bin/busybox";
const APPLETS = ["sh", "sleep", "cat", "echo", "nc", "ip", "hostname", "wget", "mkdir", "rm", "ps", "env"];

/** Copies a program and its libraries. */
function copyProgram(root: string, program: string): void {
  const libraries = [...spawnSync("ldd", [program], { encoding: "utf8" }).stdout.matchAll(/\/\S+/g)].map(
    ([path]) => path,
  );
  for (const path of [program, ...libraries]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(path, join(root, path));
  }
}

/** Makes the root directory of a container: busybox and the directories that engines mount on. */
export function makeRootDirectory(root: string, owner = 0): void {
  for (const name of ["bin", "dev", "etc", "proc", "sys", "tmp", "run"])
    mkdirSync(join(root, name), { recursive: true });
  copyFileSync(BUSYBOX, join(root, "bin/busybox"));
  for (const applet of APPLETS) symlinkSync("busybox", join(root, "bin", applet));
  copyProgram(root, "/usr/bin/flock");
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\n");
  chmodSync(root, 0o755);
  for (const name of [".", "tmp", "dev"]) chownSync(join(root, name), owner, owner);
}
