import { describe, expect, it } from "vitest";
import type { FileEntry } from "../src/mod.ts";
import * as images from "../src/mod.ts";
import { decodeEntries, encodeEntries, FileType, fdTypes, fileEntry, fileMemberKinds, imageKinds } from "../src/mod.ts";

const fileTypes = Object.values(images).filter((value) => value instanceof FileType);
const fown = { uid: 0, euid: 0, signum: 0, pid_type: 0, pid: 0 };

describe("file types", () => {
  it("give file_entry the members that CRIU's fdinfo.proto has", () => {
    const members = fileEntry.tables().ordered.map(({ name, number }) => `${number} ${name}`);
    expect(members.join(", ")).toBe(
      "1 type, 2 id, 3 reg, 4 isk, 5 nsf, 6 psk, 7 nlsk, 8 efd, 9 epfd, 10 sgfd, 11 tunf, 12 tfd, 13 ify, 14 ffy, " +
        "15 ext, 16 usk, 17 fifo, 18 pipe, 19 tty, 20 memfd, 21 bpf, 22 pidfd",
    );
  });

  it("give fdTypes the numbers that CRIU's fdinfo.proto has", () => {
    const byNumber = Object.entries(fdTypes).sort(([, a], [, b]) => a - b);
    expect(byNumber.map(([name, number]) => `${number} ${name}`).join(", ")).toBe(
      "0 UND, 1 REG, 2 PIPE, 3 FIFO, 4 INETSK, 5 UNIXSK, 6 EVENTFD, 7 EVENTPOLL, 8 INOTIFY, 9 SIGNALFD, 10 PACKETSK, " +
        "11 TTY, 12 FANOTIFY, 13 NETLINKSK, 14 NS, 15 TUNF, 16 EXT, 17 TIMERFD, 18 MEMFD, 19 BPFMAP, 20 PIDFD, " +
        "65534 CTL_TTY, 65535 AUTOFS_PIPE",
    );
  });

  it("have an image kind of the same message, except memfd", () => {
    const kinds: Readonly<Record<string, string>> = fileMemberKinds;
    for (const { member, message } of fileTypes) {
      const kind = kinds[member[0]] as keyof typeof imageKinds | undefined;
      expect(kind && imageKinds[kind].message, member[0]).toBe(member[0] === "memfd" ? undefined : message);
    }
    expect(fileTypes.length).toBe(Object.keys(kinds).length + 1);
  });

  it("keep their message in file_entry and in their own image", () => {
    const efd = { id: 7, flags: 2, fown, counter: 3n };
    const entry: FileEntry = { type: fdTypes.EVENTFD, id: 7, efd };
    const [file] = decodeEntries("files", encodeEntries("files", [{ value: entry }]));
    expect(file?.value.efd).toEqual(efd);
    const [alone] = decodeEntries("eventfd_file", encodeEntries("eventfd_file", [{ value: efd }]));
    expect(alone?.value).toEqual(efd);
  });
});
