import { type DumpContext, definePlugin, type Plugin } from "@restage/core";
import { externalResource } from "../external-resources.ts";
import { ownNamespace } from "../own-namespaces.ts";

/** Kinds of namespaces that can be outside the tree, and their images. */
const IMAGES = { net: "netns", pid: "pidns" } as const;

/** Records which namespaces the user names (`--external net[INODE]:KEY`): a restore takes others in their place, with their content. */
export function externalNamespaces(): Plugin {
  return definePlugin({
    name: "external-namespaces",
    duty: "external-namespaces",
    phases: {
      inspect: "refuses a part of a pid namespace that is not external",
      write: "records the keys of external network and pid namespaces",
    },
    dump({ phases }) {
      phases.inspect.tree.tap("external-namespaces", ({ root }, context) => {
        if (ownNamespace(context, "pid") === undefined || root.pid === 1) return;
        if (externalKey(context, "pid") !== undefined) return;
        const inode = inodeOf(context, "pid");
        const why = `it is ${root.name} in its pid namespace, and the first task of a new one is always task 1`;
        const hint = `name that namespace: --external pid[${inode}]:KEY`;
        context.findings.refuse({ what: "root task", why, hint, pid: root.pid });
      });
      phases.write.tree.tap("external-namespaces", (_tree, context) => {
        for (const kind of ["net", "pid"] as const) {
          const ext_key = externalKey(context, kind);
          if (ext_key !== undefined)
            context.images.add(IMAGES[kind], ownNamespace(context, kind), { value: { ext_key } });
        }
      });
    },
  });
}

/** The key of a namespace of the tree that is external; undefined for others. */
export function externalKey(context: DumpContext, kind: keyof typeof IMAGES): string | undefined {
  if (ownNamespace(context, kind) === undefined) return undefined;
  return externalResource(context.options.external, kind, inodeOf(context, kind)) || undefined;
}

function inodeOf({ host, tree }: DumpContext, kind: keyof typeof IMAGES): string {
  const link = host.readLink(`${tree.root.proc}/ns/${kind}`) ?? "";
  return /\[(\d+)\]/.exec(link)?.[1] ?? "";
}
