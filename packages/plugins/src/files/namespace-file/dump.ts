import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { KINDS } from "./format.ts";

/** Where a link of /proc leads: `net:[4026531840]`. */
const LINK = /^(\w+):\[\d+\]$/;

/** Saves open files of /proc/PID/ns. */
export function namespaceFiles(): Plugin {
  return definePlugin({
    name: "namespace-files",
    duty: "namespace-files",
    phases: { inspect: "describes open files of namespaces; refuses those of namespaces without a task of the tree" },
    dump({ describeFile }) {
      describeFile.tap("namespace-files", (file, context) => {
        const kind = KINDS.find(({ name }) => name === LINK.exec(file.link)?.[1]);
        if (kind === undefined) return undefined;
        const { id, flags } = file;
        const nsf = { id, ns_id: numberOf(file, kind, context), ns_cflag: kind.flag, flags };
        return { type: fdTypes.NS, nsf };
      });
    },
  });
}

/** The number of the namespace in the images: that of a task which is in it. */
function numberOf(
  { link, task }: OpenFile,
  kind: (typeof KINDS)[number],
  { host, tree, findings }: DumpContext,
): number {
  const member = tree.alive.find(({ proc }) => host.readLink(`${proc}/ns/${kind.name}`) === link);
  const id = member?.ids[kind.id];
  if (id !== undefined) return id;
  findings.refuse({ what: `open namespace ${link}`, why: "no task of the tree is in it", pid: task.pid });
  return 0;
}
