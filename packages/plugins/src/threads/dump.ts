import { definePlugin, type Plugin, type SeizedThread } from "@restage/core";
import { PR } from "@restage/linux/abi";
import { Answers } from "../answers.ts";
import { room } from "../room.ts";

/** What belongs to one thread: its name, its robust list, the address that the kernel clears when it exits, its restartable sequences. */
export function threads(): Plugin {
  return definePlugin({
    name: "threads",
    duty: "threads",
    phases: {
      query: "reads the tid address of every thread",
      collect: "saves name, robust list, tid address and rseq of every thread",
    },
    dump({ phases }) {
      const addresses = new Answers<SeizedThread, ReturnType<typeof room>>();
      phases.query.thread.tap("threads", (thread) => {
        const address = room(8);
        thread.call.prctl(PR.GET_TID_ADDRESS, address.data, 0, 0, 0);
        addresses.keep(thread, address);
      });
      phases.collect.thread.tap("threads", (thread, { host, seizer }) => {
        const { core, info, stopped, task } = thread;
        if (thread.isLeader) task.core.comm = task.comm;
        core.comm = host.readText(`${thread.proc}/comm`, "utf8") ?? "";
        info.clear_tid_addr = addresses.of(thread).view.getBigUint64(0, true);
        const head = room(8);
        const length = room(8);
        const hasList = host.attempt("get_robust_list", stopped.tid, head.data, length.data) >= 0;
        core.futex_rla = hasList ? head.view.getBigUint64(0, true) : 0n;
        core.futex_rla_len = hasList ? Number(length.view.getBigUint64(0, true)) : 0;
        const rseq = seizer.rseq(stopped);
        if (rseq !== undefined)
          core.rseq_entry = { rseq_abi_pointer: rseq.pointer, rseq_abi_size: rseq.size, signature: rseq.signature };
      });
    },
  });
}
