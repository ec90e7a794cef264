import { data, definePlugin, type Plugin, struct } from "@restage/core";
import type { MmEntry } from "@restage/images";
import { O, PR, PR_SET_MM_MAP, PRCTL_MM_MAP } from "@restage/linux/abi";
import { OpenFiles } from "../../files/open-files.ts";
import { encodeAuxiliaryVector } from "./format.ts";

/**
 * RESTORE: what /proc/PID shows of an address space: the addresses of code, data, heap, stack, arguments and environment, the auxiliary vector, and the
 * link to the executable. The link requires CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN.
 */
export function mm(): Plugin {
  return definePlugin({
    name: "mm",
    duty: "mm",
    uses: [OpenFiles],
    stages: { RESTORE: "sets the mm fields, the auxiliary vector and the link to the executable" },
    apply({ stages, service }) {
      stages.RESTORE.task.tap("mm", (task) => {
        if (!task.survives) return;
        const { mm } = task;
        const exe = service(OpenFiles).open(task, mm.exe_file_id, O.RDONLY);
        const auxv = data(encodeAuxiliaryVector(mm.mm_saved_auxv));
        const map = struct(
          ...PRCTL_MM_MAP.fields.map((name) => [8, mm[`mm_${name}` as keyof MmEntry] as bigint] as const),
          [8, { kind: "address", data: auxv, offset: 0 }],
          [4, auxv.bytes.length],
          [4, exe],
        );
        task.call.prctl(PR.SET_MM, PR_SET_MM_MAP, map, PRCTL_MM_MAP.size, 0);
        task.call.close(exe);
        if (mm.thp_disabled === true) task.call.prctl(PR.SET_THP_DISABLE, 1, 0, 0, 0);
      });
    },
  });
}
