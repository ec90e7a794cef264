import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RestoreError } from "@restage/core";
import { reason } from "../reason.ts";
import { noCheckpoint, readManifest } from "../store/manifest.ts";
import { pull } from "../store/pull.ts";
import type { StoreKey } from "../store/seal.ts";
import type { Store } from "../store/store.ts";
import { Journal } from "./journal.ts";
import { configWords, type Policy } from "./policy.ts";
import { isAlive, kill, startOf } from "./processes.ts";

export interface TemplatesOptions {
  readonly directory: string;
  readonly store: Store;
  readonly key: StoreKey | undefined;
  readonly policy: Policy;
  readonly command: readonly string[];
}

const PATIENCE = 120_000;

/** The templates of a host: a `restage serve` for each checkpoint of which it makes clones. */
export class Templates {
  readonly #options: TemplatesOptions;
  readonly #templates = new Map<string, Promise<string>>();

  constructor(options: TemplatesOptions) {
    this.#options = options;
  }

  /** The socket that makes clones of a checkpoint. */
  async get(checkpoint: string, config: string | undefined): Promise<string> {
    const { store } = this.#options;
    const manifest = await readManifest(store, checkpoint);
    if (manifest === undefined) throw noCheckpoint(store, checkpoint);
    // A checkpoint of the same name can have replaced it.
    const id = createHash("sha256")
      .update(JSON.stringify([checkpoint, config, manifest.push]))
      .digest("hex")
      .slice(0, 16);
    const running = this.#templates.get(id);
    if (running !== undefined) return await running;
    const forget = () => {
      if (this.#templates.get(id) === started) this.#templates.delete(id);
    };
    const journal = new Journal(join(this.#options.directory, id));
    const started = this.#start(journal, checkpoint, config, () => void started.then(forget, forget));
    this.#templates.set(id, started);
    started.catch(forget);
    return await started;
  }

  /** Ends all templates, also those that an earlier agent has left. Their clones keep running. */
  async close(): Promise<void> {
    const { directory } = this.#options;
    this.#templates.clear();
    for (const id of existsSync(directory) ? readdirSync(directory) : []) {
      const journal = new Journal(join(directory, id));
      if (journal.process !== undefined) await kill(journal.process);
      journal.remove();
    }
  }

  /** @param onEnd called when the template has ended. */
  async #start(journal: Journal, checkpoint: string, config: string | undefined, onEnd: () => void): Promise<string> {
    const { store, key, policy, command } = this.#options;
    journal.remove();
    mkdirSync(journal.directory, { recursive: true, mode: 0o700 });
    const images = journal.path("images");
    await pull(store, checkpoint, images, { key });
    const [program = "", ...words] = command;
    const socket = journal.path("socket");
    const errors = openSync(journal.path("errors"), "w", 0o600);
    const serve = ["serve", images, "--new-pid-namespace", "--address", socket, ...configWords(policy, config)];
    const child = spawn(program, [...words, ...serve], {
      cwd: "/",
      detached: true,
      stdio: ["ignore", "ignore", errors],
    });
    closeSync(errors);
    const id = { pid: child.pid ?? 0, start: startOf(child.pid ?? 0) ?? 0 };
    journal.process = id;
    let why = "";
    child.once("error", (cause) => {
      why = reason(cause);
    });
    child.once("exit", onEnd);
    const deadline = performance.now() + PATIENCE;
    while (!existsSync(socket)) {
      await sleep(20);
      if (!isAlive(id) || performance.now() > deadline) {
        why ||= readFileSync(journal.path("errors"), "utf8")
          .trim()
          .replace(/^ERR_\w+: /, "");
        await kill(id);
        rmSync(images, { recursive: true, force: true });
        throw new RestoreError("ERR_TEMPLATE", `Cannot make a template of ${checkpoint}: ${why}`);
      }
    }
    return socket;
  }
}
