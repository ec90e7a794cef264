import { type Call, definePlugin, type Plugin, type SeizedTask } from "@restage/core";
import { type InputOf, type VmaEntry, vmaStatus } from "@restage/images";
import type { AddressRange } from "@restage/linux";
import { O, PR } from "@restage/linux/abi";
import { Answers } from "../../answers.ts";
import { decodeAuxiliaryVector } from "./format.ts";

interface Asked {
  readonly brk: Call;
  readonly thpDisabled: Call;
}

/** More bytes than the auxiliary vector of any kernel. */
const AUXV_LIMIT = 4096;

/** The address space as a whole: where its parts begin and end, the executable, the auxiliary vector. */
export function mm(): Plugin {
  return definePlugin({
    name: "mm",
    duty: "mm",
    phases: {
      inspect: "opens the executable",
      query: "reads brk, and whether transparent huge pages are disabled",
      collect: "saves the mm fields and the auxiliary vector",
      write: "writes the mm image, with all mappings and guard regions",
    },
    dump({ phases }) {
      const answers = new Answers<SeizedTask, Asked>();
      phases.inspect.task.tap("mm", (task, { files }) => {
        task.mm.exe_file_id = files.addPath(task, `${task.proc}/exe`, O.RDONLY).id;
      });
      phases.query.task.tap("mm", (task) => {
        const { call } = task.leader;
        answers.keep(task, { brk: call.brk(0), thpDisabled: call.prctl(PR.GET_THP_DISABLE, 0, 0, 0, 0) });
      });
      phases.collect.task.tap("mm", (task, { host }) => {
        const { brk, thpDisabled } = answers.of(task);
        for (const [name, address] of Object.entries(task.details.addresses))
          Object.assign(task.mm, { [`mm_${name}`]: address });
        task.mm.mm_brk = BigInt(brk.result);
        task.mm.thp_disabled = thpDisabled.result === 1;
        const auxv = host.readBytes(`${task.proc}/auxv`, 0, AUXV_LIMIT) ?? new Uint8Array();
        task.mm.mm_saved_auxv = decodeAuxiliaryVector(auxv);
      });
      phases.write.task.tap("mm", (task, { images }) => {
        const vmas = [...task.mappings.map(({ entry }) => entry), ...task.guards.map(guardEntry)];
        const value = { ...task.mm, vmas };
        images.add("mm", task.pid, { value: value });
      });
    },
  });
}

/** Images have guard regions as mappings, after all others. Source: CRIU criu/include/image.h. */
function guardEntry({ start, end }: AddressRange): InputOf<VmaEntry> {
  const none = { pgoff: 0n, shmid: 0n, prot: 0, flags: 0, fd: 0n };
  return { start: BigInt(start), end: BigInt(end), status: vmaStatus.VMA_AREA_GUARD, ...none };
}
