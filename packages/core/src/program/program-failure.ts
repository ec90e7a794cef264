import type { ProgramFailure, Step } from "@restage/linux";
import { ERRNO, errnoText, signalName, syscallName } from "@restage/linux/abi";
import { type ErrorContext, RestoreError } from "../errors.ts";
import { hintFor } from "./hints.ts";
import { printStep } from "./print-program.ts";
import type { RecordedStep } from "./program-builder.ts";

/** The shape of a kernel's ProgramError: the class itself belongs to the kernel that core was given. */
interface ProgramErrorShape {
  readonly name: "ProgramError";
  readonly step: Step;
  readonly failure: ProgramFailure;
}

function isProgramError(error: unknown): error is ProgramErrorShape {
  return error instanceof Error && error.name === "ProgramError" && "failure" in error;
}

/** Turns a failed program into a RestoreError with the call, the duty that recorded it, and what to do. */
export function programFailure(error: unknown, who: string, context: ErrorContext): RestoreError {
  if (!isProgramError(error)) {
    if (error instanceof RestoreError) return error.within(context);
    const message = error instanceof Error ? error.message : String(error);
    return new RestoreError("ERR_KERNEL", message, { ...context, cause: error });
  }
  const { step, failure } = error;
  const { plugin } = step as RecordedStep;
  const name = step.kind === "syscall" ? step.name : step.kind;
  const errno = failure.kind === "result" && failure.result < 0 ? -failure.result : undefined;
  const where = { ...context, plugin, syscall: { name, printed: printStep(step), errno }, cause: error };
  switch (failure.kind) {
    case "result": {
      const hint = step.kind === "syscall" ? (step as { hint?: string }).hint : undefined;
      if (errno === undefined) {
        const expected = step.kind === "syscall" ? step.expected : undefined;
        const message = `${name}() of ${who} returned ${failure.result}, expected ${expected}`;
        return new RestoreError("ERR_SYSCALL", message, { ...where, hint });
      }
      const code = name === "clone3" && errno === ERRNO.EEXIST ? "ERR_PID_TAKEN" : "ERR_SYSCALL";
      const message = `${name}() of ${who} failed: ${errnoText(errno)}`;
      return new RestoreError(code, message, { ...where, hint: hint ?? hintFor(name, errno) });
    }
    case "signal": {
      const message = `${who} was stopped by ${signalName(failure.signal)} in ${name}()`;
      return new RestoreError("ERR_TASK_DIED", message, where);
    }
    case "died": {
      const { code, signal } = failure.exit;
      const how =
        signal !== undefined
          ? `was killed by ${signalName(signal)}`
          : `ended${code === undefined ? "" : ` with status ${code}`}`;
      return new RestoreError("ERR_TASK_DIED", `${who} ${how} while it was being restored`, where);
    }
    case "stuck": {
      const current = failure.syscall === undefined ? name : (syscallName(failure.syscall) ?? String(failure.syscall));
      const seconds = Math.round(failure.milliseconds / 1000);
      return new RestoreError("ERR_TASK_STUCK", `${who} has been in ${current}() for ${seconds} s`, where);
    }
  }
}
