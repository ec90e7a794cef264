import { data, struct, type Task } from "@restage/core";
import type { TermiosEntry } from "@restage/images";
import { NCCS, TTY } from "@restage/linux/abi";
import type { Pseudoterminal } from "./pseudoterminals.ts";

const POLLIN = 1;
/** CS8 | CREAD | B38400: nothing is changed on the way. Source: termios(3). */
const RAW_CFLAG = 0xbf;
/** How long the kernel may take to hand over what was written, in milliseconds. */
const HANDING_OVER = 1000;

/** struct termios of the kernel. CRIU 4.2 keeps its control characters as bytes, four in a word. Source: CRIU criu/tty.c. */
function termios({ c_iflag, c_oflag, c_cflag, c_lflag, c_line, c_cc }: TermiosEntry) {
  const view = new DataView(new ArrayBuffer(36));
  [c_iflag, c_oflag, c_cflag, c_lflag].forEach((flags, index) => {
    view.setUint32(4 * index, flags, true);
  });
  view.setUint8(16, c_line);
  const characters = new Uint8Array(Uint32Array.from(c_cc).buffer).subarray(0, NCCS);
  new Uint8Array(view.buffer).set(characters, 17);
  return data(new Uint8Array(view.buffer));
}

const RAW: TermiosEntry = {
  c_iflag: 0,
  c_oflag: 0,
  c_cflag: RAW_CFLAG,
  c_lflag: 0,
  c_line: 0,
  c_ispeed: 0,
  c_ospeed: 0,
  c_cc: [],
};

/** Fills the queues of a pair, then gives it its settings, which would else change what is written. */
export function setUp(task: Task, pair: Pseudoterminal): void {
  const { masterNumber: master, slaveNumber: slave, shown, typed } = pair;
  const { call } = task;
  if (shown !== undefined || typed !== undefined) call.ioctl(slave, TTY.TCSETS, termios(RAW));
  if (shown !== undefined) call.write(slave, shown, shown.length).expect(shown.length);
  if (typed !== undefined) call.write(master, typed, typed.length).expect(typed.length);
  // A worker of the kernel hands it over, and would do so by the settings that it finds.
  if (shown !== undefined) call.poll(struct([4, master], [4, POLLIN]), 1, HANDING_OVER).expect(1);
  if (typed !== undefined) call.poll(struct([4, slave], [4, POLLIN]), 1, HANDING_OVER).expect(1);
  const { termios: settings, termios_locked: locked, winsize, uid, gid } = pair.slave;
  if (settings !== undefined) call.ioctl(slave, TTY.TCSETS, termios(settings));
  if (locked !== undefined && (locked.c_iflag | locked.c_oflag | locked.c_cflag | locked.c_lflag) !== 0) {
    call.ioctl(slave, TTY.TIOCSLCKTRMIOS, termios(locked));
  }
  if (winsize !== undefined) call.ioctl(master, TTY.TIOCSWINSZ, size(winsize));
  if (pair.master.packet_mode) call.ioctl(master, TTY.TIOCPKT, struct([4, 1]));
  if (uid !== undefined && gid !== undefined) call.fchown(slave, uid, gid);
}

/** struct winsize. */
function size({ ws_row, ws_col, ws_xpixel, ws_ypixel }: NonNullable<Pseudoterminal["slave"]["winsize"]>) {
  return data(new Uint8Array(Uint16Array.of(ws_row, ws_col, ws_xpixel, ws_ypixel).buffer));
}
