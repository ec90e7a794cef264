import {
  type Call,
  type Draft,
  type DumpContext,
  definePlugin,
  output,
  type Plugin,
  type SeizedTask,
} from "@restage/core";
import type { PosixTimerEntry } from "@restage/images";

/** `which` of getitimer(2). */
const ITIMER = { real: 0, virt: 1, prof: 2 } as const;
/** sizeof(struct itimerval), sizeof(struct itimerspec). */
const TIMER_SIZE = 32;

type Answer = ReturnType<typeof output>;

/** A POSIX timer as /proc/PID/timers has it, and what its process is asked. */
interface AskedTimer {
  readonly entry: Draft<PosixTimerEntry>;
  readonly time: Answer;
  readonly overrun: Call;
}

/** Interval timers and POSIX timers, with the time that is left. */
export function timers(): Plugin {
  return definePlugin({
    name: "timers",
    duty: "timers",
    dump({ phases }) {
      const intervals = new Map<SeizedTask, Readonly<Record<keyof typeof ITIMER, Answer>>>();
      const posix = new Map<SeizedTask, readonly AskedTimer[]>();
      phases.query.task.tap("timers", (task, context) => {
        const { call } = task.leader;
        const ask = (which: number) => {
          const value = output(TIMER_SIZE);
          call.getitimer(which, value);
          return value;
        };
        intervals.set(task, { real: ask(ITIMER.real), virt: ask(ITIMER.virt), prof: ask(ITIMER.prof) });
        const asked = timersOf(task, context).map((entry): AskedTimer => {
          const time = output(TIMER_SIZE);
          call.timer_gettime(entry.it_id ?? 0, time);
          return { entry, time, overrun: call.timer_getoverrun(entry.it_id ?? 0) };
        });
        posix.set(task, asked);
      });
      phases.collect.task.tap("timers", (task) => {
        const interval = (which: keyof typeof ITIMER) => {
          const [isec = 0n, iusec = 0n, vsec = 0n, vusec = 0n] = wordsOf(intervals.get(task)?.[which]);
          return { isec, iusec, vsec, vusec };
        };
        task.core.timers = {
          real: interval("real"),
          virt: interval("virt"),
          prof: interval("prof"),
          posix: (posix.get(task) ?? []).map(({ entry, time, overrun }) => {
            const [isec = 0n, insec = 0n, vsec = 0n, vnsec = 0n] = wordsOf(time);
            return { ...complete(entry), isec, insec, vsec, vnsec, overrun: Math.max(0, overrun.result) };
          }),
        };
      });
    },
  });
}

function wordsOf(answer: Answer | undefined): BigUint64Array {
  return new BigUint64Array(answer?.bytes.slice().buffer ?? new ArrayBuffer(TIMER_SIZE));
}

function complete({
  it_id = 0,
  clock_id = 0,
  si_signo = 0,
  it_sigev_notify = 0,
  sival_ptr = 0n,
  ...rest
}: Draft<PosixTimerEntry>) {
  return { it_id, clock_id, si_signo, it_sigev_notify, sival_ptr, ...rest };
}

/** Ways of notification by their names in /proc. Source: include/uapi/asm-generic/siginfo.h. */
const SIGEV = { signal: 0, none: 1, thread: 2 } as const;
const SIGEV_THREAD_ID = 4;

/** Reads /proc/PID/timers. Requires CONFIG_CHECKPOINT_RESTORE. */
function timersOf(task: SeizedTask, context: DumpContext): readonly Draft<PosixTimerEntry>[] {
  const text = context.host.readText(`${task.proc}/timers`) ?? "";
  return [
    ...text.matchAll(
      /ID: (\d+)\nsignal: (\d+)\/(?:0x)?([0-9a-f]+)\nnotify: (\w+)\/(tid|pid)\.(\d+)\nClockID: (-?\d+)/g,
    ),
  ].map(([, id, signal, value, notify, kind, target, clock]) => {
    const way = SIGEV[notify as keyof typeof SIGEV];
    const toThread = kind === "tid";
    return {
      it_id: Number(id),
      // Clocks of processors' time have negative numbers.
      clock_id: Number(clock) >>> 0,
      si_signo: Number(signal),
      it_sigev_notify: toThread ? SIGEV_THREAD_ID : way,
      sival_ptr: BigInt(`0x${value}`),
      ...(toThread ? { notify_thread_id: context.tree.pidInside(Number(target)) } : {}),
    };
  });
}
