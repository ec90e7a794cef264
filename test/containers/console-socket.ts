import { closeSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { data, output } from "@restage/core";
import { Host } from "@restage/core/internal";
import { type LinuxKernel, openKernel } from "@restage/linux";
import { AF, CMSG_HEADER_SIZE, MSG, SOCK } from "@restage/linux/abi";
import { onTestFinished } from "vitest";
import { messageHeader, roomForRights } from "../../packages/plugins/src/transport/rights.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A socket over which runc passes the master of a container's terminal (`--console-socket`). */
export class ConsoleSocket {
  readonly path = join(temporaryDirectory("console"), "socket");
  readonly #host: Host;
  readonly #socket: number;

  private constructor(kernel: LinuxKernel) {
    this.#host = new Host(kernel);
    this.#socket = this.#call("socket", AF.UNIX, SOCK.STREAM | SOCK.CLOEXEC, 0);
    const bytes = new Uint8Array(110);
    new DataView(bytes.buffer).setUint16(0, AF.UNIX, true);
    bytes.set(new TextEncoder().encode(this.path), 2);
    this.#call("bind", this.#socket, data(bytes), bytes.length);
    this.#call("listen", this.#socket, 1);
    onTestFinished(() => {
      closeSync(this.#socket);
      kernel.close();
    });
  }

  static async open(): Promise<ConsoleSocket> {
    return new ConsoleSocket(await openKernel());
  }

  /** Takes the terminal of a container that has been started. */
  receive(): Console {
    const connection = this.#call("accept4", this.#socket, 0, 0, SOCK.CLOEXEC);
    const control = roomForRights(1);
    const header = messageHeader(undefined, 0, output(4096), control);
    this.#call("recvmsg", connection, header, MSG.CMSG_CLOEXEC);
    closeSync(connection);
    return new Console(new DataView(control.bytes.buffer).getInt32(CMSG_HEADER_SIZE, true));
  }

  #call(name: Parameters<Host["attempt"]>[0], ...args: (number | ReturnType<typeof output>)[]): number {
    const result = this.#host.attempt(name, ...args);
    if (result < 0) throw new Error(`${name}: errno ${-result}`);
    return result;
  }
}

/** The master of a container's terminal. */
export class Console {
  readonly #master: number;

  constructor(master: number) {
    this.#master = master;
  }

  type(text: string): void {
    writeSync(this.#master, text);
  }

  /** Reads until a text has appeared. Returns everything up to then. */
  readUntil(expected: string): string {
    const buffer = Buffer.alloc(4096);
    let text = "";
    while (!text.includes(expected)) text += buffer.toString("utf8", 0, readSync(this.#master, buffer));
    return text;
  }

  /** Closes it. The container's end hangs up. */
  close(): void {
    closeSync(this.#master);
  }
}
