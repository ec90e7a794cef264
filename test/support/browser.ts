import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { allPids, isRunning, statusOf } from "./proc.ts";
import type { Obstacle } from "./requirements.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { until } from "./until.ts";

/** Why pages cannot be shown on this machine; undefined where they can. */
export const noBrowser: Obstacle =
  spawnSync("chromium", ["--version"], { timeout: 20_000 }).status === 0 ? undefined : "needs chromium";

type Answer = Readonly<Record<string, unknown>>;

/** A page in Chromium, which ends with the running test. It is asked in the DevTools protocol, over pipes. */
export class Page {
  readonly #input: Writable;
  readonly #waiting = new Map<number, (result: Answer) => void>();
  #session: string | undefined;

  /** Opens an address. */
  static async open(address: string): Promise<Page> {
    const page = new Page();
    const { targetId } = await page.#ask("Target.createTarget", { url: address });
    const { sessionId } = await page.#ask("Target.attachToTarget", { targetId, flatten: true });
    page.#session = String(sessionId);
    return page;
  }

  private constructor() {
    const words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe"];
    const profile = `--user-data-dir=${join(temporaryDirectory("chromium"), "profile")}`;
    const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"] as const;
    const browser = spawn("chromium", [...words, profile], { detached: true, stdio: [...stdio] });
    const isOurs = (pid: number) => statusOf(pid, "NSsid") === String(browser.pid) && isRunning(pid);
    onTestFinished(async () => {
      const ended = new Promise((resolve) => browser.once("exit", resolve));
      browser.kill("SIGTERM");
      await ended;
      // Its helpers can outlive it for a moment, and write to the profile, which is removed next.
      await until(() => !allPids().some(isOurs), "all processes of the browser have ended");
    });
    this.#input = browser.stdio[3] as Writable;
    let rest = "";
    (browser.stdio[4] as Readable).on("data", (part: Buffer) => {
      const messages = (rest + String(part)).split("\0");
      rest = messages.pop() ?? "";
      for (const { id, result } of messages.map((text) => JSON.parse(text))) this.#waiting.get(id)?.(result);
    });
  }

  /** Waits until the page has a text. Returns all texts of the page. */
  async textWith(wanted: RegExp, milliseconds = 60_000): Promise<string> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const { result } = await this.#ask("Runtime.evaluate", { expression: "document.body.innerText" });
      const text = String((result as Answer)["value"]);
      if (wanted.test(text)) return text;
      if (performance.now() > deadline) throw new Error(`The page never has ${wanted}: ${text}`);
      await sleep(50);
    }
  }

  async #ask(method: string, params: object): Promise<Answer> {
    const id = this.#waiting.size + 1;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#input.write(`${JSON.stringify({ id, method, params, sessionId: this.#session })}\0`);
    return await answer;
  }
}
