import type { RestoreOptions } from "@restage/core";
import type { CgControllerEntry, CgMemberEntry, CgroupEntry } from "@restage/images";
import { controllersOf } from "./format.ts";

type Roots = Pick<RestoreOptions, "cgroupRoot" | "cgroupRoots">;

/**
 * Moves the cgroups of a checkpoint below other roots: in each hierarchy the path of the option replaces the topmost cgroup of the tree. Source:
 * criu(8), "--cgroup-root"; CRIU criu/cgroup.c.
 */
export function rewriteRoots(image: CgroupEntry, roots: Roots): CgroupEntry {
  let { sets } = image;
  const controllers = image.controllers.map((controller): CgControllerEntry => {
    const root = rootOf(controller, roots);
    if (root === undefined) return controller;
    const dirs = controller.dirs.map((directory) => {
      const old = directory.dir_name;
      const rewrite = (member: CgMemberEntry) =>
        controllersOf(member.name).some((name) => controller.cnames.includes(name))
          ? rewriteMember(member, old, root)
          : member;
      const prefixes = sets.flatMap(({ ctls }) => ctls.filter((member) => rewrite(member) !== member));
      sets = sets.map((set) => ({ ...set, ctls: set.ctls.map(rewrite) }));
      const [first] = prefixes;
      if (first === undefined) return directory;
      const prefix = first.cgns_prefix ?? 0;
      return { ...directory, dir_name: prefix > 0 ? root + old.slice(prefix - 1) : root };
    });
    return { ...controller, dirs };
  });
  return { ...image, sets, controllers };
}

function rootOf({ cnames }: CgControllerEntry, { cgroupRoot, cgroupRoots }: Roots): string | undefined {
  const name = cnames.find((name) => cgroupRoots[name] !== undefined);
  const root = name === undefined ? cgroupRoot : cgroupRoots[name];
  return root === undefined ? undefined : `/${root.split("/").filter(Boolean).join("/")}`;
}

/** The root of a cgroup namespace moves with its cgroup. */
function rewriteMember(member: CgMemberEntry, old: string, root: string): CgMemberEntry {
  const { path, cgns_prefix: prefix = 0 } = member;
  if (path.slice(1) !== old && !path.startsWith(old === "" ? "/" : `/${old}/`)) return member;
  if (prefix > 0) return { ...member, path: root + path.slice(prefix), cgns_prefix: root.length };
  const below = path.slice(old.length + 1);
  return { ...member, path: below === "" || below.startsWith("/") ? root + below : `${root}/${below}` };
}
