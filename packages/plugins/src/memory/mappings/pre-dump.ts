import { definePlugin, type Mapping, type Plugin } from "@restage/core";
import { vmaStatus } from "@restage/images";
import { readMappings } from "./read-mappings.ts";

/** The mappings of every task, without the files that they map: a pre-dump saves private memory only. */
export function mappingsForPreDump(): Plugin {
  return definePlugin({
    name: "mappings",
    duty: "mappings",
    phases: { inspect: "finds the mappings of every task" },
    dump({ phases }) {
      phases.inspect.task.tap("mappings", (task, { host }) => {
        task.mappings = readMappings(host, task.hostPid);
        for (const mapping of task.mappings) mapping.entry.status = statusOf(mapping);
      });
    },
  });
}

/** Whether it is private memory. What else it is does not matter. */
function statusOf({ name, flags, permissions, inode }: Mapping): number {
  if (name === "[vdso]") return vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_AREA_VDSO;
  if (name === "[vsyscall]") return vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_AREA_VSYSCALL;
  if (name.startsWith("[vvar")) return vmaStatus.VMA_AREA_REGULAR | vmaStatus.VMA_AREA_VVAR;
  if (flags.has("ht") || name === "[uprobes]" || !permissions.endsWith("p")) return 0;
  return vmaStatus.VMA_AREA_REGULAR | (inode === 0n ? vmaStatus.VMA_ANON_PRIVATE : vmaStatus.VMA_FILE_PRIVATE);
}
