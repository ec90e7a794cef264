import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeUnless, succeeds } from "../support/requirements.ts";
import { COMMAND, ROOT } from "../support/restage.ts";
import { privateDirectory, temporaryDirectory } from "../support/temporary-directory.ts";
import { Podman } from "./podman.ts";
import { countOf, expectCounting } from "./podman-counter.ts";
import { noBusybox, noPodman } from "./programs.ts";
import { RuncContainer } from "./runc-container.ts";

/** Directories in the commands of the page: of the programs, and of the example's files. */
const PROGRAMS = "/opt/restage/bin";
const PLACE = "/srv/web";
const noCurl = succeeds("curl") ? undefined : "needs curl";

/** A block of the page: the content of a file, or commands. */
interface Block {
  readonly file: string | undefined;
  readonly text: string;
}

/** The blocks of a section of docs/containers.md. */
function blocksOf(title: string): readonly Block[] {
  const page = readFileSync(join(ROOT, "docs/containers.md"), "utf8");
  const section = page.split(/^## /m).find((part) => part.startsWith(title)) ?? "";
  return [...section.matchAll(/```(?:sh|ts|text)(?: file=(\S+))?\n([\s\S]*?)```/g)].map(([, file, text = ""]) => {
    return { file, text };
  });
}

/** The commands that put Restage in the place of CRIU. */
function preparation(): string {
  const restage = `restage() { '${process.execPath}' '${COMMAND}' "$@"; }`;
  const install = blocksOf("Put Restage")[0]?.text ?? "";
  return `${restage}\n${install.replaceAll(PROGRAMS, temporaryDirectory("bin"))}`;
}

/** These commands, and those after them that mention a word. */
function commandsWith(word: string): string {
  const blocks = blocksOf("Put Restage").filter(({ text }) => text.includes(word));
  return [preparation(), ...blocks.map(({ text }) => text)].join("\n");
}

describeUnless(noPodman ?? noBusybox ?? noCurl, "docs/containers.md", () => {
  it("saves and restores a container with runc", async () => {
    const container = new RuncContainer();
    container.run();
    await container.expectCounting(0);
    const { count, pid } = container;
    container.shell(commandsWith("runc "));
    await container.expectCounting(count);
    expect(container.pid).not.toBe(pid);
  });

  it("moves a container with podman, and reads its archive", async () => {
    const podman = new Podman();
    const commands = commandsWith("counter.tar");
    // The page's reader types more slowly than this test.
    const printed = podman.shell(commands.replace("podman container checkpoint", "sleep 2\n$&"));
    const count = countOf(podman, "other");
    expect(count).toBeGreaterThan(1);
    expect(printed).toMatch(/\d+ .*sh/);
    await expectCounting(podman, "other", count);
    // It did not start again.
    expect(podman.do("logs", "other").match(/^1$/gm)).toHaveLength(1);
  });

  it("moves a web server to another name, port, host name, environment and key", () => {
    const podman = new Podman();
    const place = privateDirectory("web");
    writeFileSync(join(place, "key"), "key-of-blue\n");
    const here = (text: string) => text.replaceAll(PLACE, place);
    const prepared = preparation();
    let answers = 0;
    for (const { file, text } of blocksOf("Move a web server")) {
      if (file !== undefined) writeFileSync(here(file), here(text));
      else {
        // The server cannot be reached while it starts, and between two clients.
        const commands = here(text).replaceAll("curl -s", "curl -s --retry 50 --retry-connrefused --retry-delay 1");
        const printed = podman.shell(`${prepared}\n${commands}`);
        for (const [, expected = ""] of text.matchAll(/^# (.*)$/gm)) {
          expect(printed).toContain(expected);
          answers++;
        }
      }
    }
    expect(answers).toBe(2);
    expect(podman.do("ps", "--format", "{{.Names}}")).toBe("green");
  });
});
