import { definePlugin, output, type Plugin, type SeizedThread } from "@restage/core";
import { PR } from "@restage/linux/abi";

/** What each thread has of its own: name, robust list, the address to be cleared at its end, restartable sequences, parent death signal. */
export function threads(): Plugin {
  return definePlugin({
    name: "threads",
    duty: "threads",
    dump({ phases }) {
      const addresses = new Map<SeizedThread, ReturnType<typeof output>>();
      const signals = new Map<SeizedThread, ReturnType<typeof output>>();
      phases.query.thread.tap("threads", (thread) => {
        const address = output(8);
        const signal = output(4);
        thread.call.prctl(PR.GET_TID_ADDRESS, address, 0, 0, 0);
        thread.call.prctl(PR.GET_PDEATHSIG, signal, 0, 0, 0);
        addresses.set(thread, address);
        signals.set(thread, signal);
      });
      phases.collect.thread.tap("threads", (thread, { host, seizer }) => {
        const { core, stopped } = thread;
        thread.info.clear_tid_addr = view(addresses.get(thread)).getBigUint64(0, true);
        const signal = view(signals.get(thread)).getInt32(0, true);
        if (signal !== 0) core.pdeath_sig = signal;
        core.comm = host.readText(`${thread.proc}/comm`) ?? "";
        core.blk_sigset = stopped.signalMask;
        const head = output(8);
        const length = output(8);
        const list = host.kernel.host.call({
          kind: "syscall",
          name: "get_robust_list",
          args: [stopped.tid, address(head), address(length)],
        });
        core.futex_rla = list < 0 ? 0n : view(head).getBigUint64(0, true);
        core.futex_rla_len = list < 0 ? 0 : Number(view(length).getBigUint64(0, true));
        const rseq = seizer.rseq(stopped);
        if (rseq !== undefined) {
          core.rseq_entry = { rseq_abi_pointer: rseq.pointer, rseq_abi_size: rseq.size, signature: rseq.signature };
        }
      });
    },
  });
}

function view(data: ReturnType<typeof output> | undefined): DataView {
  if (data === undefined) throw new Error("Cannot read the answer of a thread that was not asked");
  return new DataView(data.bytes.buffer);
}

function address(data: ReturnType<typeof output>) {
  return { kind: "address", data, offset: 0 } as const;
}
