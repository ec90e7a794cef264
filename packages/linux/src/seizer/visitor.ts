import { type EncodedProgram, encodeProgram } from "../program/encode-x86-64.ts";
import type { Step } from "../program/program.ts";
import type { CopyQuery, Query, StoppedThread } from "../seizer.ts";
import { visitWithCopy } from "./copy-code-x86-64.ts";
import { programOfCopy } from "./copy-program.ts";
import type { InjectedMemory } from "./injected-memory.ts";
import { visitWithProbe } from "./landlock-probe-x86-64.ts";
import { sayAndSleep } from "./say-and-sleep.ts";
import { visit, wayHome } from "./way-home-x86-64.ts";

/** A thread that runs a program. */
export interface Visitor {
  readonly thread: StoppedThread;
  readonly encoded: EncodedProgram;
  /** The address at which it starts. */
  readonly start: number;
  /** Hands over answers that are not in the program. */
  readonly takeAnswers: () => void;
}

/**
 * Places what a thread runs: its program, then a sleep, then its way home.
 *
 * @param doneWord the address of a word that the thread sets when its program has run.
 * @param patience how long it sleeps before it goes home by itself, in milliseconds.
 * @param ownPid the pid of this process as the thread sees it.
 */
export function placeVisitor(
  injected: InjectedMemory,
  { thread, program, landlock, copy }: Query,
  doneWord: number,
  patience: number,
  ownPid: () => number | undefined,
): Visitor {
  const home = injected.placeCode(wayHome(thread.registers, thread.signalMask));
  const encoded = encodeProgram(program.map(tolerant), injected);
  const end = encodeProgram(sayAndSleep(doneWord, patience), injected);
  encoded.continueAt(end.address);
  end.leaveTo(home);
  const slot = injected.placeWord(encoded.address);
  if (copy !== undefined) return { thread, encoded, ...placeCopy(injected, copy, slot) };
  if (landlock === undefined)
    return { thread, encoded, start: injected.placeCode(visit(injected.entry, slot)), takeAnswers: () => {} };
  const { start, answer } = visitWithProbe(injected, slot, ownPid());
  const takeAnswers = () => {
    landlock.domains = answer();
  };
  return { thread, encoded, start, takeAnswers };
}

function placeCopy(injected: InjectedMemory, copy: CopyQuery, slot: number): Pick<Visitor, "start" | "takeAnswers"> {
  const ready = injected.address + injected.allocate(8);
  const program = encodeProgram(programOfCopy(copy, ready).map(tolerant), injected);
  const { start, answer } = visitWithCopy(injected, slot, injected.placeWord(program.address));
  const takeAnswers = () => {
    copy.made = { answer: answer(), ready };
  };
  return { start, takeAnswers };
}

/** An error is an answer too. */
function tolerant(step: Step): Step {
  return step.kind === "syscall" ? Object.assign(step, { allowed: "any" as const }) : step;
}
