import type { Plan } from "@restage/core";
import { fstype } from "@restage/images";
import type { Part } from "./file-systems.ts";
import { isWithin, type Mount, type MountTree } from "./mount-tree.ts";

const LAYERS = ["lowerdir=", "upperdir=", "workdir="];

/**
 * Refuses overlays whose layers cannot be found: an overlay is mounted before the tree's own file systems have their places, so its layers must be on this
 * machine. Source: Documentation/filesystems/overlayfs.rst.
 */
export function refuseMissingLayers(plan: Plan, trees: readonly MountTree[], parts: ReadonlyMap<Mount, Part>): void {
  for (const { mounts } of trees) {
    const shownAt = (path: string, overlay: Mount) =>
      mounts
        .filter((mount) => mount !== overlay && isWithin(path, mount.entry.mountpoint))
        .sort((a, b) => b.entry.mountpoint.length - a.entry.mountpoint.length)[0];
    for (const overlay of mounts) {
      const { entry } = overlay;
      const of = parts.get(overlay)?.of;
      if (entry.fstype !== fstype.OVERLAYFS || of?.source.kind !== "new" || of.entry !== entry) continue;
      for (const layer of layersOf(entry.options)) {
        const shown = shownAt(layer, overlay);
        const isOwn = shown !== undefined && parts.get(shown)?.of.source.kind === "new";
        const what = `mount ${entry.mountpoint}`;
        if (isOwn) {
          const why = `its layer ${layer} is in another file system of the tree, ${shown.entry.mountpoint}`;
          plan.refuse({ what, why });
        } else if (plan.host.stat(layer) === "missing") {
          plan.refuse({ what, why: `its layer ${layer} does not exist here` });
        }
      }
    }
  }
}

/** Absolute paths among the layers. A colon separates them; a backslash before it makes it part of a path. */
function layersOf(options: string): readonly string[] {
  return options.split(/(?<!\\),/).flatMap((option) => {
    const name = LAYERS.find((each) => option.startsWith(each));
    const paths = name === undefined ? [] : option.slice(name.length).split(/(?<!\\):+/);
    return paths.map((path) => path.replace(/\\(.)/g, "$1")).filter((path) => path.startsWith("/"));
  });
}
