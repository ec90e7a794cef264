import { errnoName, errnoText } from "../abi/errno.ts";

/** A failed system call of this process, or of ptrace. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  readonly syscall: string;
  readonly errno: number;
  /** The errno's name, for example `EPERM`. */
  readonly code: string;

  constructor(syscall: string, errno: number, what: string) {
    const call = syscall.endsWith(")") ? syscall : `${syscall}()`;
    super(`Cannot ${what}: ${call} failed: ${errnoText(errno)}`);
    this.syscall = syscall;
    this.errno = errno;
    this.code = errnoName(errno);
  }
}

/** Returns a result, or throws a SystemError when it is an error. What failed can be a function, called only then, that names a task. */
export function checked(result: number, syscall: string, what: string | (() => string)): number {
  if (result < 0 && result >= -4095) throw new SystemError(syscall, -result, typeof what === "string" ? what : what());
  return result;
}
