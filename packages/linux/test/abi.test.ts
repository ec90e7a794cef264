import { describe, expect, it } from "vitest";
import * as abi from "../src/abi/mod.ts";
import { compared, type Table, valuesInHeaders } from "./abi/c-headers.ts";
import { FILES_AND_MEMORY } from "./abi/files-and-memory.ts";
import { NETWORKS } from "./abi/networks.ts";
import { PROCESSES } from "./abi/processes.ts";
import { SOCKETS } from "./abi/sockets.ts";
import { isInstalled, needing } from "./support.ts";

const GROUPS = [...PROCESSES, ...FILES_AND_MEMORY, ...SOCKETS, ...NETWORKS];

/** No header of user space names these. */
const NOT_IN_HEADERS = [
  // Of the kernel alone.
  "ALL_SIGNALS",
  "FEATURE_WORDS",
  "GDT_TLS",
  "LINUX_CPU_FEATURES",
  "MQUEUE_MAGIC",
  "NSIG",
  "SIGSET_SIZE",
  "TASK_SIZE",
  // Documentation/admin-guide/mm/pagemap.rst, ptrace(2), fcntl(2), Intel SDM.
  "PM",
  "SYSCALL_STOP",
  "SETTABLE_FLAGS",
  "XSAVE_LEAF",
  // struct ptrace_sud_config is newer than the headers of some distributions.
  "SYSCALL_DISPATCH_SIZE",
  // Compared with sys/user.h below.
  "USER_REGS_SIZE",
];

function isTable(value: unknown): value is Table {
  const isNumber = (each: unknown) => typeof each === "number" || typeof each === "bigint";
  return isNumber(value) || (typeof value === "object" && value !== null && Object.values(value).every(isNumber));
}

const there = process.arch === "x64" && isInstalled("gcc");

describe.skipIf(!there)(needing(there, "constants of the kernel's interface", "gcc on x86_64"), () => {
  it.each(GROUPS)("equal those of $headers", ({ headers, expressions, recent = false }) => {
    const expected = Object.entries(expressions).map(
      ([expression, value]) => [expression, BigInt.asIntN(64, BigInt(value))] as const,
    );
    const found = valuesInHeaders(
      headers,
      expected.map(([expression]) => expression),
    );
    const known = expected.filter(([expression]) => found.has(expression));
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(known));
    // Older headers lack a few; lacking most would mean that nothing was compared.
    if (!recent) expect(found.size).toBeGreaterThan(0.8 * expected.length);
  });

  it("place registers as sys/user.h does", () => {
    const long: Readonly<Record<string, string>> = { flags: "eflags" };
    const short = new Set(["bp", "bx", "ax", "cx", "dx", "si", "di", "ip", "sp"]);
    const names = abi.USER_REGS.map((name) => (short.has(name) ? `r${name}` : (long[name] ?? name)));
    const expressions = names.map(
      (name) => `offsetof(struct user_regs_struct, ${name === "orig_ax" ? "orig_rax" : name})`,
    );
    const found = valuesInHeaders(["sys/user.h"], [...expressions, "sizeof(struct user_regs_struct)"]);
    expect([...found.values()]).toEqual([
      ...abi.USER_REGS.map((name) => BigInt(abi.userRegOffset(name))),
      BigInt(abi.USER_REGS_SIZE),
    ]);
  });
});

describe("the tables", () => {
  it("are all compared with a header", () => {
    const numeric = Object.entries(abi).filter(([, value]) => isTable(value));
    const missing = numeric
      .filter(([name, value]) => !compared.has(value) && !compared.has(name))
      .map(([name]) => name);
    expect(missing.sort()).toEqual(NOT_IN_HEADERS.toSorted());
  });
});
