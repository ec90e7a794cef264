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
    phases: { write: "records the keys of external network and pid namespaces" },
    dump({ phases }) {
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
  const link = context.host.readLink(`${context.tree.root.proc}/ns/${kind}`) ?? "";
  const inode = /\[(\d+)\]/.exec(link)?.[1] ?? "";
  return externalResource(context.options.external, kind, inode) || undefined;
}
