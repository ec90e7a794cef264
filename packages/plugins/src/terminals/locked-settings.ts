import type { Host, Tree } from "@restage/core";
import type { TermiosEntry, TtyInfoEntry } from "@restage/images";
import { TTY } from "@restage/linux/abi";
import { takeDescriptor, takeNumber } from "../files/take-descriptor.ts";
import { settingsOf } from "./pseudoterminals.ts";
import type { Terminals } from "./read-terminals.ts";
import { termios } from "./settings.ts";

/**
 * Locks settings against changes. The coordinator does it, because that requires CAP_SYS_ADMIN outside of any user namespace.
 */
export function lockSettings(host: Host, tree: Tree, { pairs, callers, devices, files }: Terminals): void {
  const lock = ({ termios_locked: locked }: TtyInfoEntry, take: () => number) => {
    if (locked === undefined || !isLocked(locked)) return;
    const terminal = take();
    host.call.ioctl(terminal, TTY.TIOCSLCKTRMIOS, termios(locked));
    host.call.close(terminal);
  };
  for (const pair of pairs) {
    const info = settingsOf(pair);
    if (info !== undefined) lock(info, () => takeNumber(host, tree.root.hostPid, pair.masterNumber));
  }
  for (const { info, number } of callers.values()) lock(info, () => takeNumber(host, tree.root.hostPid, number));
  for (const { info } of devices.values()) {
    const file = [...files.values()].find((file) => file.info === info)?.file;
    if (file !== undefined) lock(info, () => takeDescriptor(host, tree, file.id));
  }
}

function isLocked({ c_iflag, c_oflag, c_cflag, c_lflag, c_line, c_cc }: TermiosEntry): boolean {
  return (c_iflag | c_oflag | c_cflag | c_lflag | c_line) !== 0 || c_cc.some((characters) => characters !== 0);
}
