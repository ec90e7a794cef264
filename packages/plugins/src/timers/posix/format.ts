import { struct, words } from "@restage/core";
import type { PosixTimerEntry } from "@restage/images";
import type { Data } from "@restage/linux";
import { SIGEV } from "@restage/linux/abi";

/** When a timer expires: its interval, and the time that is left. */
export type TimerTimes = Pick<PosixTimerEntry, "isec" | "insec" | "vsec" | "vnsec">;

/**
 * Makes struct itimerspec (interval, then value) from the image. A timer with an interval whose value is 0 was about to expire: it gets the whole
 * interval, because 0 would disarm it.
 */
export function encodeTimes({ isec, insec, vsec, vnsec }: TimerTimes) {
  return vsec === 0n && vnsec === 0n ? words(isec, insec, isec, insec) : words(isec, insec, vsec, vnsec);
}

/** Makes the image from struct itimerspec. */
export function decodeTimes(bytes: Uint8Array): TimerTimes {
  const [isec = 0n, insec = 0n, vsec = 0n, vnsec = 0n] = new BigUint64Array(bytes.slice().buffer);
  return { isec, insec, vsec, vnsec };
}

export function isArmed({ isec, insec, vsec, vnsec }: TimerTimes): boolean {
  return isec !== 0n || insec !== 0n || vsec !== 0n || vnsec !== 0n;
}

/** How a timer notifies. */
export type Notification = Pick<
  PosixTimerEntry,
  "it_id" | "clock_id" | "si_signo" | "it_sigev_notify" | "sival_ptr" | "notify_thread_id"
>;

/** Makes struct sigevent from the image. */
export function encodeNotification(timer: Notification): Data {
  const { sival_ptr, si_signo, it_sigev_notify, notify_thread_id = 0 } = timer;
  return struct(
    [8, sival_ptr],
    [4, si_signo],
    [4, it_sigev_notify],
    [4, it_sigev_notify === SIGEV.THREAD_ID ? notify_thread_id : 0],
    ...Array.from({ length: 11 }, () => [4, 0] as const),
  );
}

/** Notifications by their names in /proc/PID/timers. */
const NOTIFICATIONS: Readonly<Record<string, number>> = {
  signal: SIGEV.SIGNAL,
  none: SIGEV.NONE,
  thread: SIGEV.THREAD,
};

const TIMER = /ID: (\d+)\nsignal: (\d+)\/(?:0x)?([0-9a-f]+)\nnotify: (\w+)\/(tid|pid)\.(\d+)\nClockID: (-?\d+)/g;

/** Makes images from /proc/PID/timers. The ids of notified threads stay as this process's pid namespace has them. */
export function decodeNotifications(text: string): readonly Notification[] {
  return [...text.matchAll(TIMER)].map(([, id, signal, value, name = "", kind, target, clock]) => ({
    it_id: Number(id),
    // CPU-time clocks have negative numbers.
    clock_id: Number(clock) >>> 0,
    si_signo: Number(signal),
    it_sigev_notify: kind === "tid" ? SIGEV.THREAD_ID : (NOTIFICATIONS[name] ?? SIGEV.SIGNAL),
    sival_ptr: BigInt(`0x${value}`),
    ...(kind === "tid" ? { notify_thread_id: Number(target) } : {}),
  }));
}
