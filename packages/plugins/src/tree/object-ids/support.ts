import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "tasks",
    what: "what processes share",
    saved: "descriptor tables; the namespaces that they are in",
    refused: { dump: "CLONE_VM, CLONE_FS and CLONE_SIGHAND between processes, which images cannot say" },
    shownBy: { saved: ["fixture shared-resources"] },
  },
];
