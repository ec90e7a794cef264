import { readFileSync } from "node:fs";
import { didYouMean, RestoreError } from "@restage/core";
import { createRestoreHooks, guard, ImageSet } from "@restage/core/restore";
import { openImageDirectory } from "@restage/images";
import { CRIU_VERSION } from "../criu/version.ts";
import { EXIT } from "../exit-codes.ts";
import { writeOwnFile } from "../own-file.ts";
import { print } from "../report/print.ts";
import { dumpCores } from "./core-file/core-dump.ts";
import { ImageDirectory } from "./explore.ts";
import { imageInfo, imageToJson, jsonToImage } from "./image.ts";
import { type JsonObject, parseJson, printJson } from "./json.ts";

const STANDARD_INPUT = 0;
const INDENT = 4;
const VIEWS = ["ps", "fds", "mems", "rss"] as const;

const TAKES_VALUE: readonly string[] = ["-i", "--in", "-o", "--out", "-p", "--pid"];

const HELP = `Usage: crit COMMAND

Converts and shows CRIU images, with the words and the output of CRIU's crit.

Commands:
  decode [-i IMAGE] [-o FILE] [--pretty]  an image as JSON
  encode [-i FILE] [-o IMAGE]             an image from JSON
  info IMAGE                              the kind of an image and the number of its entries
  show IMAGE [--nopl]                     an image as JSON for people; --nopl leaves out payloads
  x DIR ps|fds|mems|rss                   the tree, open files, mappings, saved pages
  core-dump [-i DIR] [-o DIR] [-p PID]    core.PID for each task or one, for debuggers
`;

/** The words of a command line of crit. */
interface Words {
  readonly operands: readonly string[];
  readonly input?: string | undefined;
  readonly output?: string | undefined;
  readonly pid?: string | undefined;
  readonly pretty: boolean;
  readonly nopl: boolean;
}

/** Runs a command line of crit. Returns the exit code. Throws a RestoreError. */
export function runCrit([command, ...words]: readonly string[]): number {
  const { operands, input, output, pid, pretty, nopl } = readWords(words);
  const [first, view] = operands;
  switch (command) {
    case "decode":
      write(
        output,
        `${printJson(imageToJson(read(input), { pretty }), pretty ? INDENT : undefined)}${output === undefined ? "\n" : ""}`,
      );
      return EXIT.OK;
    case "encode":
      write(output, jsonToImage(readJson(input)));
      return EXIT.OK;
    case "info":
      print(`${printJson(imageInfo(read(required(first, "an image"))), INDENT)}\n`);
      return EXIT.OK;
    case "show":
      print(`${printJson(imageToJson(read(required(first, "an image")), { pretty: true, nopl }), INDENT)}\n`);
      return EXIT.OK;
    case "x": {
      const directory = new ImageDirectory(required(first, "a directory of images"));
      const name = VIEWS.find((name) => name === view);
      if (name === undefined) throw new RestoreError("ERR_OPTION", `Name a view: ${VIEWS.join(", ")}`);
      print(directory[name]());
      return EXIT.OK;
    }
    case "core-dump": {
      const images = new ImageSet(
        guard(() => openImageDirectory(input ?? ".")),
        createRestoreHooks(),
      );
      for (const name of dumpCores(images, output ?? ".", pid === undefined ? undefined : asPid(pid)))
        process.stderr.write(`No core file for ${name}: it has ended and has no memory\n`);
      return EXIT.OK;
    }
    case "--version":
      print(`${CRIU_VERSION.major}.${CRIU_VERSION.minor}\n`);
      return EXIT.OK;
    case undefined:
    case "--help":
    case "-h":
      print(HELP);
      return EXIT.OK;
    default:
      throw new RestoreError("ERR_OPTION", `crit has no command ${command}`, {
        hint: didYouMean(command, ["decode", "encode", "info", "show", "x", "core-dump"]),
      });
  }
}

function readWords(words: readonly string[]): Words {
  const operands: string[] = [];
  const given = new Map<string, string>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name = word, attached] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    if (name === "--pretty" || name === "--nopl") given.set(name, "");
    else if (TAKES_VALUE.includes(name))
      given.set(name.replace(/^-+(.).*/, "$1"), attached ?? required(rest.shift(), `a value after ${name}`));
    else if (name.startsWith("-")) throw new RestoreError("ERR_OPTION", `crit has no option ${name}`);
    else operands.push(word);
  }
  return {
    operands,
    input: given.get("i"),
    output: given.get("o"),
    pid: given.get("p"),
    pretty: given.has("--pretty"),
    nopl: given.has("--nopl"),
  };
}

function required(word: string | undefined, what: string): string {
  if (word !== undefined) return word;
  throw new RestoreError("ERR_OPTION", `Name ${what}`, { hint: "`crit --help` lists the commands" });
}

function asPid(word: string): number {
  if (/^[1-9][0-9]*$/.test(word)) return Number(word);
  throw new RestoreError("ERR_OPTION", `--pid takes the pid of a task, not ${JSON.stringify(word)}`);
}

function read(path: string | undefined): Uint8Array {
  try {
    return readFileSync(path ?? STANDARD_INPUT);
  } catch (error) {
    throw new RestoreError("ERR_OPTION", `Cannot read ${path ?? "standard input"}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function readJson(path: string | undefined): JsonObject {
  const text = new TextDecoder().decode(read(path));
  try {
    return parseJson(text) as JsonObject;
  } catch (error) {
    throw new RestoreError("ERR_IMAGE", `Cannot read JSON: ${(error as Error).message}`, {
      hint: "`crit encode` reads what `crit decode` writes",
      cause: error,
    });
  }
}

function write(path: string | undefined, content: string | Uint8Array): void {
  if (path !== undefined) writeOwnFile(path, content);
  else print(content);
}
