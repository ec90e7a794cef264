import { errnoName, errnoText } from "../abi/errno.ts";

/** A failed system call of this process, or of ptrace. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  readonly syscall: string;
  readonly errno: number;
  /** The errno's name, for example `EPERM`. */
  readonly code: string;

  constructor(syscall: string, errno: number, what: string) {
    super(`Cannot ${what}: ${syscall}() gives ${errnoText(errno)}`);
    this.syscall = syscall;
    this.errno = errno;
    this.code = errnoName(errno);
  }
}

/** Returns a result, or throws a SystemError when it is an error. */
export function checked(result: number, syscall: string, what: string): number {
  if (result < 0 && result >= -4095) throw new SystemError(syscall, -result, what);
  return result;
}
