import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeUnless, succeeds } from "../support/requirements.ts";
import { ROOT } from "../support/restage.ts";
import { privateDirectory } from "../support/temporary-directory.ts";
import { Podman } from "./podman.ts";
import { noBusybox, noPodman } from "./programs.ts";

/** The directory of the example's files. */
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

describeUnless(noPodman ?? noBusybox ?? noCurl, "docs/containers.md", () => {
  it("moves a web server to another name, port, host name, environment and key", () => {
    const podman = new Podman();
    const place = privateDirectory("web");
    writeFileSync(join(place, "key"), "key-of-blue\n");
    const here = (text: string) => text.replaceAll(PLACE, place);
    let answers = 0;
    for (const { file, text } of blocksOf("Move a web server")) {
      if (file !== undefined) writeFileSync(here(file), here(text));
      else {
        // The server cannot be reached while it starts, and between two clients.
        const commands = here(text).replaceAll("curl -s", "curl -s --retry 50 --retry-connrefused --retry-delay 1");
        const printed = podman.shell("Restage", commands);
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
