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
import { ITIMER, ITIMERVAL_SIZE, SIGEV } from "@restage/linux/abi";

/** `which` of getitimer(2) for each timer of the image. */
const INTERVAL_TIMERS = { real: ITIMER.REAL, virt: ITIMER.VIRTUAL, prof: ITIMER.PROF } as const;

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
      const intervals = new Map<SeizedTask, Readonly<Record<keyof typeof INTERVAL_TIMERS, Answer>>>();
      const posix = new Map<SeizedTask, readonly AskedTimer[]>();
      phases.query.task.tap("timers", (task, context) => {
        const { call } = task.leader;
        const ask = (which: number) => {
          const value = output(ITIMERVAL_SIZE);
          call.getitimer(which, value);
          return value;
        };
        intervals.set(task, {
          real: ask(INTERVAL_TIMERS.real),
          virt: ask(INTERVAL_TIMERS.virt),
          prof: ask(INTERVAL_TIMERS.prof),
        });
        const asked = timersOf(task, context).map((entry): AskedTimer => {
          const time = output(ITIMERVAL_SIZE);
          call.timer_gettime(entry.it_id ?? 0, time);
          return { entry, time, overrun: call.timer_getoverrun(entry.it_id ?? 0) };
        });
        posix.set(task, asked);
      });
      phases.collect.task.tap("timers", (task) => {
        const interval = (which: keyof typeof INTERVAL_TIMERS) => {
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
  return new BigUint64Array(answer?.bytes.slice().buffer ?? new ArrayBuffer(ITIMERVAL_SIZE));
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

/** Ways of notification by their names in /proc. */
const NOTIFICATIONS = { signal: SIGEV.SIGNAL, none: SIGEV.NONE, thread: SIGEV.THREAD } as const;

/** Reads /proc/PID/timers. Requires CONFIG_CHECKPOINT_RESTORE. */
function timersOf(task: SeizedTask, context: DumpContext): readonly Draft<PosixTimerEntry>[] {
  const text = context.host.readText(`${task.proc}/timers`) ?? "";
  return [
    ...text.matchAll(
      /ID: (\d+)\nsignal: (\d+)\/(?:0x)?([0-9a-f]+)\nnotify: (\w+)\/(tid|pid)\.(\d+)\nClockID: (-?\d+)/g,
    ),
  ].map(([, id, signal, value, notify, kind, target, clock]) => {
    const way = NOTIFICATIONS[notify as keyof typeof NOTIFICATIONS];
    const toThread = kind === "tid";
    return {
      it_id: Number(id),
      // Clocks of processors' time have negative numbers.
      clock_id: Number(clock) >>> 0,
      si_signo: Number(signal),
      it_sigev_notify: toThread ? SIGEV.THREAD_ID : way,
      sival_ptr: BigInt(`0x${value}`),
      ...(toThread ? { notify_thread_id: context.tree.pidInside(Number(target)) } : {}),
    };
  });
}
