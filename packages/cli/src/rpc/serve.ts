import { asRestoreError, output, RestoreError } from "@restage/core";
import { Host } from "@restage/core/internal";
import type { InputOf } from "@restage/images";
import type { LinuxKernel } from "@restage/linux";
import { supportsLazyPages } from "../check/lazy-pages.ts";
import { checkMachine } from "../check/machine.ts";
import { EXIT } from "../exit-codes.ts";
import { openMachine } from "../open-machine.ts";
import { RESTORE_OPTIONS } from "../options/restore-options.ts";
import { reportedRestore } from "../reported-restore.ts";
import { requestOf } from "../request.ts";
import { Connection } from "./connection.ts";
import { failure, logError } from "./failure.ts";
import { type CriuOpts, type CriuReq, type CriuResp, REQUEST } from "./messages.ts";
import { notifications } from "./notifications.ts";
import { readOpts } from "./read-opts.ts";
import { VERSION_ANSWER } from "./version-answer.ts";

type Answer = InputOf<CriuResp>;

/**
 * Serves the requests of a container engine over a socket that it passes, as `criu swrk` does. Nothing is printed: standard output can be the container's.
 *
 * @param descriptor of the socket, a SOCK_SEQPACKET.
 * @param first the first request, if it has been received already.
 * @returns the exit code: 0 when the last request succeeded.
 */
export async function serve(descriptor: number, first?: Uint8Array): Promise<number> {
  const kernel = await openMachine();
  const connection = new Connection(new Host(kernel), descriptor, first);
  let succeeded = true;
  for (let request = connection.receive(); request !== undefined; request = connection.receive()) {
    const answer = await answerOf(kernel, connection, request);
    succeeded = answer.success;
    connection.send(answer);
    // After a pre-dump, the next request comes on the same connection.
    if (request.keep_open !== true && request.type !== REQUEST.PRE_DUMP) break;
  }
  kernel.close();
  return succeeded ? EXIT.OK : EXIT.FAILED;
}

async function answerOf(kernel: LinuxKernel, connection: Connection, request: CriuReq): Promise<Answer> {
  const { type, opts, features } = request;
  try {
    switch (type) {
      case REQUEST.VERSION:
        return VERSION_ANSWER;
      case REQUEST.FEATURE_CHECK:
        // What is not supported yet is an answer, not a failure. What was not asked for is answered as false.
        return {
          type,
          success: features !== undefined,
          features: {
            mem_track: true,
            lazy_pages: features?.lazy_pages === true && supportsLazyPages(new Host(kernel)),
            pidfd_store: false,
          },
        };
      case REQUEST.CHECK:
        return { type, success: checkMachine(false).every(({ severity }) => severity !== "refused") };
      case REQUEST.RESTORE:
        return await serveRestore(kernel, connection, optionsOf(opts));
      case REQUEST.DUMP:
        return await (await import("./serve-dump.ts")).serveDump(kernel, connection, optionsOf(opts));
      case REQUEST.PRE_DUMP:
      case REQUEST.SINGLE_PRE_DUMP:
        return await (await import("./serve-dump.ts")).servePreDump(kernel, connection, optionsOf(opts), type);
      case REQUEST.CPUINFO_DUMP:
      case REQUEST.CPUINFO_CHECK:
        return await serveCpuinfo(kernel, connection, optionsOf(opts), type);
      case REQUEST.PAGE_SERVER:
      case REQUEST.PAGE_SERVER_CHLD:
        return await (await import("./serve-pages.ts")).servePages(kernel, connection, optionsOf(opts));
      case REQUEST.WAIT_PID:
        return waitFor(kernel, request.pid);
      default:
        throw new RestoreError("ERR_OPTION", `Restage does not serve ${nameOf(type)} requests yet`);
    }
  } catch (thrown) {
    const error = asRestoreError(thrown, {});
    if (opts !== undefined) logError(opts, connection.peer, error);
    return failure(type, error);
  }
}

function optionsOf(opts: CriuOpts | undefined): CriuOpts {
  if (opts === undefined) throw new RestoreError("ERR_OPTION", "The request has no options");
  return opts;
}

async function serveRestore(kernel: LinuxKernel, connection: Connection, opts: CriuOpts): Promise<Answer> {
  const settings = readOpts(opts, connection.peer, RESTORE_OPTIONS);
  const request = { ...(await requestOf(settings, "restore")), detached: opts.rst_sibling === true };
  const wanted = { points: opts.notify_scripts === true, master: opts.orphan_pts_master === true };
  const tree = await reportedRestore(settings, request, kernel, [notifications(connection, wanted)]);
  if (tree instanceof RestoreError) throw tree;
  return { type: REQUEST.RESTORE, success: true, restore: { pid: tree.pid } };
}

async function serveCpuinfo(
  kernel: LinuxKernel,
  connection: Connection,
  opts: CriuOpts,
  type: number,
): Promise<Answer> {
  const { restore } = readOpts(opts, connection.peer, RESTORE_OPTIONS);
  const { checkProcessor, saveProcessor } = await import("../check/processor.ts");
  const { images = ".", cpuCap } = restore;
  if (type === REQUEST.CPUINFO_DUMP) saveProcessor(kernel, images);
  else checkProcessor(kernel, images, cpuCap);
  return { type, success: true };
}

/** Waits until a child of this process has ended: a page server, or a tree that was restored over the same connection. */
function waitFor(kernel: LinuxKernel, pid: number | undefined): Answer {
  if (pid === undefined) throw new RestoreError("ERR_OPTION", "The request names no process to wait for");
  const status = output(4);
  const result = new Host(kernel).attempt("wait4", pid, status, 0, 0);
  if (result < 0) return { type: REQUEST.WAIT_PID, success: false, cr_errno: -result };
  const view = new DataView(status.bytes.buffer, status.bytes.byteOffset);
  return { type: REQUEST.WAIT_PID, success: true, status: view.getInt32(0, true) };
}

function nameOf(type: number): string {
  return Object.entries(REQUEST).find(([, number]) => number === type)?.[0] ?? `type ${type}`;
}
