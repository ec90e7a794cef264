import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeRootDirectory } from "./root-directory.ts";

/** Prepares a directory for a podman with storage, state and locks of its own. Returns the variables that podman needs for it. */
export function preparePodman(place: string): Readonly<Record<string, string>> {
  const path = (name: string) => join(place, name);
  const engine = {
    cgroup_manager: "cgroupfs",
    events_logger: "file",
    lock_type: "file",
    runtime: "runc",
    static_dir: path("static"),
    tmp_dir: path("tmp"),
    volume_path: path("volumes"),
  };
  // Podman raises limits otherwise, which takes CAP_SYS_RESOURCE.
  const limits = ["nofile=1024:1024", "nproc=4096:4096"];
  writeFileSync(
    path("containers.conf"),
    `[containers]\ndefault_ulimits = ${JSON.stringify(limits)}\n${toml({ engine, network: { network_config_dir: path("networks") } })}`,
  );
  const storage = { driver: "overlay", graphroot: path("storage"), runroot: path("run") };
  writeFileSync(path("storage.conf"), toml({ storage }));
  mkdirSync(path("networks"));
  return { CONTAINERS_CONF: path("containers.conf"), CONTAINERS_STORAGE_CONF: path("storage.conf") };
}

/** Makes an archive of a root directory with busybox, for `podman import`. Returns its path. */
export function archiveRootDirectory(place: string): string {
  const [root, archive] = [join(place, "root"), join(place, "root.tar")];
  makeRootDirectory(root);
  const { status, stderr } = spawnSync("tar", ["-C", root, "-cf", archive, "."], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot make ${archive}: ${stderr}`);
  return archive;
}

/** Removes podman's storage, which is mounted below its own directory. Returns false if a podman that ends late has mounted it again. */
export function removeStorage(place: string): boolean {
  const storage = join(place, "storage");
  spawnSync("umount", ["--lazy", join(storage, "overlay")]);
  try {
    rmSync(storage, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

/** Tables with strings. */
function toml(tables: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  return Object.entries(tables)
    .map(([name, keys]) =>
      [`[${name}]`, ...Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}`), ""].join("\n"),
    )
    .join("\n");
}
