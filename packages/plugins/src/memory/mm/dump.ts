import { type Call, definePlugin, type Host, type Plugin } from "@restage/core";
import { readDetails } from "@restage/core/dump";
import { type InputOf, type VmaEntry, vmaStatus } from "@restage/images";
import type { AddressRange } from "@restage/linux";
import { O, PR } from "@restage/linux/abi";

interface Asked {
  readonly brk: Call;
  readonly thpDisabled: Call;
}

/** The address space as a whole: where its parts begin and end, the executable, the auxiliary vector. */
export function mm(): Plugin {
  return definePlugin({
    name: "mm",
    duty: "mm",
    dump({ phases }) {
      const asked = new Map<unknown, Asked>();
      phases.inspect.task.tap("mm", (task, { files }) => {
        task.mm.exe_file_id = files.addPath(task, `${task.proc}/exe`, O.RDONLY).id;
      });
      phases.query.task.tap("mm", (task) => {
        const { call } = task.leader;
        asked.set(task, {
          brk: call.brk(0),
          thpDisabled: call.prctl(PR.GET_THP_DISABLE, 0, 0, 0, 0),
        });
      });
      phases.collect.task.tap("mm", (task, { host }) => {
        const { addresses } = readDetails(host, task.hostPid);
        const answers = asked.get(task);
        Object.assign(task.mm, {
          mm_start_code: addresses.start_code,
          mm_end_code: addresses.end_code,
          mm_start_data: addresses.start_data,
          mm_end_data: addresses.end_data,
          mm_start_stack: addresses.start_stack,
          mm_start_brk: addresses.start_brk,
          mm_brk: BigInt(answers?.brk.result ?? 0),
          mm_arg_start: addresses.arg_start,
          mm_arg_end: addresses.arg_end,
          mm_env_start: addresses.env_start,
          mm_env_end: addresses.env_end,
          mm_saved_auxv: auxiliaryVector(host, task.proc),
          thp_disabled: answers?.thpDisabled.result === 1,
        });
      });
      phases.write.task.tap("mm", (task, { images }) => {
        const vmas = [...task.mappings.map(({ entry }) => entry), ...task.guards.map(guardEntry)];
        const value = { ...task.mm, vmas };
        images.add("mm", task.pid, { value: value as never });
      });
    },
  });
}

/** PageSources have guard regions as mappings, after all others. Source: CRIU criu/include/image.h. */
function guardEntry({ start, end }: AddressRange): InputOf<VmaEntry> {
  const none = { pgoff: 0n, shmid: 0n, prot: 0, flags: 0, fd: 0n };
  return { start: BigInt(start), end: BigInt(end), status: vmaStatus.VMA_AREA_GUARD, ...none };
}

/** Words that CRIU takes: AT_VECTOR_SIZE of x86_64. */
const AUXV_WORDS = 46;
/** More than any kernel has, in bytes. */
const AUXV_LIMIT = 4096;

/** Types and values in turn, without the zeros at the end, which newer kernels have more of than CRIU takes. */
function auxiliaryVector(host: Host, proc: string): readonly bigint[] {
  const bytes = (host.readBytes(`${proc}/auxv`, 0, AUXV_LIMIT) ?? new Uint8Array()).slice();
  const words = [...new BigUint64Array(bytes.buffer)];
  const used = words.findLastIndex((word) => word !== 0n) + 1;
  return words.slice(0, Math.min(AUXV_WORDS, used + (used % 2)));
}
