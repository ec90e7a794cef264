import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { ForksPoolWorker, type PoolOptions } from "vitest/node";

const ROOT = join(import.meta.dirname, "../..");
const SHARED = join(ROOT, "../shared");
const SCRIPT = join(import.meta.dirname, "in-namespaces.sh");

/** Whether this machine lets us make the namespaces. It requires root, util-linux and iproute2. */
export function haveNamespaces(): boolean {
  try {
    execFileSync(SCRIPT, ["true"], { env: environment(), stdio: "ignore", timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}

/** A pool whose workers, one for each test file, run in namespaces of their own: tests that claim fixed pids can run side by side. */
export const workersInNamespaces = {
  name: "forks-in-namespaces",
  createPoolWorker: (options: PoolOptions) => new WorkerInNamespaces(options),
};

class WorkerInNamespaces extends ForksPoolWorker {
  override readonly name = "forks-in-namespaces";
  /** Vitest's files of transformed modules are in the /tmp that these workers do not have. */
  override readonly cacheFs = false;

  constructor(options: PoolOptions) {
    super(options);
    this.env = environment(this.env);
  }

  /** `fork` of node:child_process runs `process.execPath` and has it read before the first wait. The script runs Node with the same descriptors. */
  override start(): Promise<void> {
    const node = process.execPath;
    process.execPath = SCRIPT;
    this.execArgv = [node, ...this.execArgv];
    try {
      return super.start();
    } finally {
      process.execPath = node;
    }
  }
}

function environment(env: Partial<NodeJS.ProcessEnv> = process.env): Partial<NodeJS.ProcessEnv> {
  return { ...env, KEEP: `${ROOT} ${SHARED}` };
}
