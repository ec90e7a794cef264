import { definePlugin, type Plugin } from "@restage/core";
import { decodeText, encodeText, type FhEntry, type UnixSkEntry } from "@restage/images";
import { isAbstract } from "../sockets/unix/format.ts";
import { knownOptions } from "./known-options.ts";
import { type IfMissing, reportMissing } from "./missing.ts";
import { PathMap } from "./path-map.ts";

/** What `remapPaths` does about paths that it does not find. */
export interface RemapPathsOptions {
  /** What happens if nothing in the checkpoint has a path. Default: the restore is refused. */
  readonly ifMissing?: IfMissing;
}

/**
 * Changes paths, and those of everything below: of open and mapped files, programs, working and root directories, deleted files, Unix sockets, watched
 * files and mount points. The longest of several paths counts. Paths are as the tree sees them, from the root of its mount namespace.
 *
 * What is at the new path must be what was at the old one: a program or a library must have the same size and build-id, and other files the same size. Paths
 * in the memory of the tasks stay (`replaceText`), and so do the sources of mounts (`--external`).
 *
 * @param paths the new path for each old one.
 * @example
 * ```ts
 * plugins: [remapPaths({ "/var/lib/old": "/var/lib/new", "/var/log/app.log": "/tmp/app.log" })]
 * ```
 */
export function remapPaths(paths: Readonly<Record<string, string>>, options: RemapPathsOptions = {}): Plugin {
  const { ifMissing = "refuse" } = knownOptions("remapPaths", options, { ifMissing: true });
  const name = "remap-paths";
  const map = new PathMap(paths);
  const withPath = (handle: FhEntry): FhEntry =>
    handle.path === undefined ? handle : { ...handle, path: moveLoose(map, handle.path) };
  return definePlugin({
    name,
    apply({ entries, plan }) {
      entries.reg_files.tap(name, (file) => ({ ...file, name: map.move(file.name) }));
      entries.unixsk.tap(name, (socket) => moveSocket(map, socket));
      entries.ghost_file.tap(name, (ghost) =>
        ghost.symlnk_target === undefined ? ghost : { ...ghost, symlnk_target: map.move(ghost.symlnk_target) },
      );
      entries.mnts.tap(name, (mount) => ({ ...mount, mountpoint: map.move(mount.mountpoint) }));
      entries.inotify_file.tap(name, (file) => ({
        ...file,
        wd: file.wd.map((watch) => ({ ...watch, f_handle: withPath(watch.f_handle) })),
      }));
      entries.fanotify_file.tap(name, (file) => ({
        ...file,
        mark: file.mark.map(({ ie, me, ...mark }) => ({
          ...mark,
          ...(ie === undefined ? {} : { ie: { ...ie, f_handle: withPath(ie.f_handle) } }),
          ...(me === undefined ? {} : { me: me.path === undefined ? me : { ...me, path: moveLoose(map, me.path) } }),
        })),
      }));
      plan.tap(name, (plan) => {
        // Nothing may have read them yet.
        void plan.images.files;
        reportMissing(plan, ifMissing, map.unused, "no path of the checkpoint begins with it");
      });
    },
  });
}

/** Some images leave out the first slash. */
function moveLoose(map: PathMap, path: string): string {
  return path.startsWith("/") ? map.move(path) : map.move(`/${path}`).slice(1);
}

/** A relative name stays what the program gave to bind(2), if its directory can move instead. */
function moveSocket(map: PathMap, socket: UnixSkEntry): UnixSkEntry {
  const [given = "", ...end] = isAbstract(socket) ? [] : decodeText(socket.name).split("\0");
  if (given === "") return socket;
  const { name_dir, ...rest } = socket;
  const isRelative = !given.startsWith("/") && name_dir !== undefined;
  const path = isRelative ? `${name_dir === "/" ? "" : name_dir}/${given}` : given;
  const moved = map.move(path);
  if (moved === path) return socket;
  if (isRelative && moved.endsWith(`/${given}`))
    return { ...socket, name_dir: moved.slice(0, -given.length - 1) || "/" };
  return { ...rest, name: encodeText([moved, ...end].join("\0")) };
}
