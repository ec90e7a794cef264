/**
 * Stands in for a coordinator that is killed: makes a stub, a child of it and a sleeper, pushes an undo for each file that it is given, tells the ids of
 * its tasks, and waits.
 *
 * Arguments: `dismiss` or `leave`, then the files.
 */
import { CLONE, CLONE_ARGS, SIG } from "../src/abi/mod.ts";
import { openKernel } from "../src/linux-kernel.ts";
import { addressOf, call, data, path } from "./steps.ts";

const [mode, ...files] = process.argv.slice(2);
const kernel = await openKernel();
const stub = await kernel.createStub({ occupied: [], timeout: 5000, suspendSeccomp: false });
const args = new BigUint64Array(CLONE_ARGS.size / 8);
args[CLONE_ARGS.flags / 8] = BigInt(CLONE.PTRACE);
args[CLONE_ARGS.exit_signal / 8] = BigInt(SIG.CHLD);
const fork = call("clone3", addressOf(data(new Uint8Array(args.buffer))), CLONE_ARGS.size);
await kernel.run(stub.tracee, [fork]);
const child = await kernel.adopt({ forker: stub.tracee, id: fork.result ?? 0, thread: false, newPidNamespace: false });
await kernel.run(child, [call("getpid")]);
for (const file of files) kernel.pushUndo([call("unlinkat", -100, path(file), 0)]);
if (mode === "dismiss") await kernel.dismissUndo();
console.log(`ready ${stub.tracee.tid} ${child.tid} ${kernel.startSleeper().pid}`);
setInterval(() => {}, 60_000);
