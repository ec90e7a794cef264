import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { completionCommand } from "../src/commands/completion.ts";
import { COMMANDS } from "../src/commands.ts";
import { SHELLS, type Shell } from "../src/completion/grammar.ts";
import { manual } from "../src/manual.ts";
import { printed } from "./printed.ts";

async function scriptOf(shell: Shell): Promise<string> {
  return (await printed(async () => completionCommand(shell, COMMANDS))).out;
}

/** Whether a program is installed. Says so if it is not. */
function has(program: string): boolean {
  const found = spawnSync(program, ["--version"]).error === undefined;
  if (!found) console.warn(`skipped: tests of the script for ${program} (it is not installed)`);
  return found;
}

/** The names that complete the last word of a command line. */
type Complete = (line: string) => Promise<readonly string[]>;

const inBash: Complete = async (line) => {
  const use = 'read -ra COMP_WORDS <<< "$1"; [[ $1 == *" " ]] && COMP_WORDS+=("")';
  const run = `${use}; COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _restage; printf "%s\\n" "\${COMPREPLY[@]}"`;
  return linesOf(
    execFileSync("bash", ["--norc", "-c", `${await scriptOf("bash")}\n${run}`, "bash", line], { encoding: "utf8" }),
  );
};

const inFish: Complete = async (line) => {
  const run = `${await scriptOf("fish")}\ncomplete -C $argv[1]`;
  const lines = linesOf(execFileSync("fish", ["--no-config", "-c", run, line], { encoding: "utf8" }));
  return lines.map((line) => line.split("\t", 1)[0] ?? "");
};

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

describe.each([
  ["bash", inBash],
  ["fish", inFish],
] as const)("in %s", (shell, complete) => {
  describe.skipIf(!has(shell))("completion", () => {
    it("offers commands", async () => {
      expect(await complete("restage re")).toEqual(["restore"]);
      expect(await complete("restage help pre")).toEqual(["pre-dump"]);
      expect([...(await complete("restage completion "))].sort()).toEqual([...SHELLS].sort());
    });

    it("offers the options of each command that do something", async () => {
      for (const [name, { options }] of Object.entries(COMMANDS)) {
        const offered = options.flatMap(({ name, says }) => (says === undefined ? [] : [`--${name}`]));
        expect([...(await complete(`restage ${name} --`))].sort()).toEqual(offered.sort());
      }
    });

    it("offers directories and files where a value or an operand is one", async () => {
      const paths = async (line: string) => (await complete(line)).map((path) => path.replace(/\/$/, ""));
      expect(await paths("restage restore -D /pro")).toEqual(["/proc"]);
      expect(await paths("restage init /pro")).toEqual(["/proc"]);
      expect(await paths("restage plan --config /etc/passw")).toContain("/etc/passwd");
      expect(await paths("restage inspect /etc/passw")).toContain("/etc/passwd");
      expect(await paths("restage restore --timeout ")).toEqual([]);
    });
  });
});

describe("in zsh", () => {
  it.skipIf(!has("zsh"))("completion describes every option of each command that does something", async () => {
    // Prints what the function of zsh's completion system gets, a word a line.
    const stub = 'compdef() {}; _arguments() { state=argument; [[ $1 == -C ]] || print -rl -- "$@"; }';
    for (const [name, { options }] of Object.entries(COMMANDS)) {
      const run = `${stub}\n${await scriptOf("zsh")}\nwords=(${name}); _restage`;
      const words = linesOf(execFileSync("zsh", ["-f", "-c", run], { encoding: "utf8" }));
      const described = words.flatMap((word) => /^\*(--[^[]+)\[(.*?[^\\])\]/.exec(word)?.slice(1).join(": ") ?? []);
      const expected = options.flatMap(({ name, says }) => (says === undefined ? [] : [`--${name}: ${says}`]));
      expect(described.map((text) => text.replaceAll(/\\(.)/g, "$1"))).toEqual(expected);
    }
  });

  it("the script has every command", async () => {
    const script = await scriptOf("zsh");
    for (const name of Object.keys(COMMANDS)) expect(script).toContain(`'${name}:`);
  });
});

it("the completion of an unknown shell is an error that lists the shells", () => {
  expect(() => completionCommand("tcsh", COMMANDS)).toThrow("Name a shell: bash, zsh, fish");
  expect(() => completionCommand(undefined, COMMANDS)).toThrow("Name a shell: bash, zsh, fish");
});

describe("the manual page", () => {
  it("has every command and every option", () => {
    const page = manual(COMMANDS).replaceAll("\\-", "-");
    for (const [name, { options }] of Object.entries(COMMANDS)) {
      expect(page).toContain(`.SH "RESTAGE ${name.toUpperCase()}"`);
      for (const option of options) expect(page).toContain(`--${option.name}`);
    }
  });

  it("has only requests of man(7) at the starts of lines", () => {
    const requests = linesOf(manual(COMMANDS)).filter((line) => /^[.']/.test(line));
    expect(requests.filter((line) => !/^\.(TH|SH|TP|PP|B|BR|I) ?/.test(line))).toEqual([]);
  });

  it("escapes what roff would take for a request, an escape or a dash", () => {
    const odd = { says: ".so many-\\words", options: [], run: async () => 0 };
    expect(manual({ odd })).toContain("\n\\&.so many\\-\\ewords\n");
  });

  it.skipIf(!has("groff"))("is formatted without warnings", () => {
    const { status, stderr, stdout } = spawnSync("groff", ["-man", "-Tutf8", "-ww"], {
      input: manual(COMMANDS),
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("directory of the images");
  });
});
