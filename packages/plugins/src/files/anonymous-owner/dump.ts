import { type DumpContext, definePlugin, type Plugin } from "@restage/core";
import { idsInside, UserIds } from "../../namespaces/user/ids-inside.ts";
import { isDefault, isOwned } from "./format.ts";

/** Owners and permissions of pipes and sockets. Their owner can open a pipe again, as /dev/stdout for example. CRIU does not save them: in restage.img. */
export function anonymousOwners(): Plugin {
  return definePlugin({
    name: "anonymous-owners",
    duty: "anonymous-owners",
    uses: [UserIds],
    phases: { inspect: "saves owners and permissions of pipes and sockets" },
    dump({ filesDescribed }) {
      filesDescribed.tap("anonymous-owners", (_tree, context) => saveOwners(context));
    },
  });
}

function saveOwners(context: DumpContext): void {
  const ids = idsInside(context);
  const seen = new Set<bigint>();
  for (const { id, link, proc, stat, descriptor } of context.files.all) {
    if (descriptor === undefined || !isOwned(link) || seen.has(stat.ino)) continue;
    seen.add(stat.ino);
    const inode = context.host.inode(proc);
    // The restore could not set an owner that does not exist in the tree's user namespace.
    if (inode === undefined || !ids.has(inode)) continue;
    const owner = { uid: ids.uid(inode.uid), gid: ids.gid(inode.gid), mode: inode.mode & 0o7777 };
    if (!isDefault(link, owner)) context.own.file(id).inode = owner;
  }
}
