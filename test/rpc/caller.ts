import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { data, output } from "@restage/core";
import { Host } from "@restage/core/internal";
import { decodeMessage, encodeMessage, type InputOf } from "@restage/images";
import { openKernel } from "@restage/linux";
import { AF, SOCK } from "@restage/linux/abi";
import { onTestFinished } from "vitest";
import { type CriuReq, type CriuResp, criuReq, criuResp, REQUEST } from "../../packages/cli/src/rpc/messages.ts";

/** A process that asks `criu swrk` for something, as container engines do. */
export class Caller {
  readonly #socket: number;
  readonly #server: ChildProcess | undefined;
  /** The exit code of a server that was started. */
  readonly ended: Promise<number | null>;

  private constructor(socket: number, server?: ChildProcess) {
    this.#socket = socket;
    this.#server = server;
    this.ended = new Promise((resolve) => server?.once("exit", resolve));
    onTestFinished(() => closeSync(socket));
  }

  /** Connects to a service. */
  static async connect(path: string): Promise<Caller> {
    const kernel = await openKernel();
    const { call } = new Host(kernel);
    const socket = call.socket(AF.UNIX, SOCK.SEQPACKET | SOCK.CLOEXEC, 0).result;
    const address = Buffer.from(`\0\0${path}\0`);
    address.writeUInt16LE(AF.UNIX);
    call.connect(socket, data(address), address.length);
    kernel.close();
    return new Caller(socket);
  }

  /** Starts a server with the other end of a socket. @param program and its arguments; the number of the socket is added. */
  static async start(program: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<Caller> {
    const kernel = await openKernel();
    const ends = output(8);
    const flags = SOCK.CLOEXEC;
    const result = new Host(kernel).attempt("socketpair", AF.UNIX, SOCK.SEQPACKET | flags, 0, ends);
    kernel.close();
    if (result < 0) throw new Error(`Cannot make a pair of sockets: errno ${-result}`);
    const view = new DataView(ends.bytes.buffer, ends.bytes.byteOffset);
    const [own, other] = [view.getInt32(0, true), view.getInt32(4, true)];
    const [command = "", ...words] = program;
    const server = spawn(command, [...words, "3"], { stdio: ["ignore", "pipe", "pipe", other], env: environment });
    closeSync(other);
    return new Caller(own, server);
  }

  /** What the server printed on standard output and standard error. */
  printed(): Promise<string> {
    const parts: string[] = [];
    for (const stream of [this.#server?.stdout, this.#server?.stderr])
      stream?.on("data", (data: Buffer) => void parts.push(data.toString()));
    return this.ended.then(() => parts.join(""));
  }

  send(request: InputOf<CriuReq>): void {
    writeSync(this.#socket, encodeMessage(criuReq, request));
  }

  receive(): CriuResp {
    const packet = Buffer.alloc(40960);
    return decodeMessage(criuResp, packet.subarray(0, readSync(this.#socket, packet)));
  }

  /** Sends a request and answers every notification, until there is an answer. Returns it, and the notifications. */
  ask(request: InputOf<CriuReq>, agrees: (script: string, pid: number | undefined) => boolean = () => true) {
    this.send(request);
    const notifications: string[] = [];
    for (;;) {
      const answer = this.receive();
      if (answer.type !== REQUEST.NOTIFY) return { answer, notifications };
      const { script = "", pid } = answer.notify ?? {};
      notifications.push(pid === undefined ? script : `${script} with a pid`);
      this.send({ type: REQUEST.NOTIFY, notify_success: agrees(script, pid) });
    }
  }
}

/** Opens a directory and gives it to a test until its end. */
export function openDirectory(path: string): number {
  const descriptor = openSync(path, "r");
  onTestFinished(() => closeSync(descriptor));
  return descriptor;
}
