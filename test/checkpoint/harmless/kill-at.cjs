// Loaded before the command (node --require): kills it before its n-th operation that can change something outside it, n being in RESTAGE_KILL_AT. Without a
// number it only counts, and writes how many there were to the file RESTAGE_COUNT.
const { appendFileSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const koffi = createRequire(join(__dirname, "../../../packages/cli/package.json"))("koffi");

const at = Number(process.env.RESTAGE_KILL_AT ?? 0);
const log = process.env.RESTAGE_OPERATIONS;
const PTRACE = 101;
const WAIT4 = 61;
const WAITID = 247;
const WNOWAIT = 0x01000000;
/** Calls that change nothing: reads of memory and files, waits that look only, comparisons, the coordinator's own memory and time. */
const HARMLESS = new Set([0, 3, 5, 8, 9, 11, 17, 35, 96, 228, 230, 257, 262, 310, 312, 332]);
/** PTRACE_GETREGS, _GETEVENTMSG, _GETREGSET, _PEEKSIGINFO, _GETSIGMASK, _SECCOMP_GET_FILTER, _SECCOMP_GET_METADATA, _GET_RSEQ_CONFIGURATION. */
const HARMLESS_REQUESTS = new Set([12, 0x4201, 0x4204, 0x4209, 0x420a, 0x420c, 0x420d, 0x420f]);

let operations = 0;
/** Who was waited for since the last other operation: how often a wait is repeated is a matter of time, and it counts once. */
const waitedFor = new Set();

function changes([number, first, , , fourth]) {
  if (number === WAIT4) {
    const isNew = !waitedFor.has(first);
    waitedFor.add(first);
    return isNew;
  }
  if (number === PTRACE) return !HARMLESS_REQUESTS.has(first);
  if (number === WAITID) return (fourth & WNOWAIT) === 0;
  return !HARMLESS.has(number);
}

const { decode } = koffi;
koffi.decode = (...args) => {
  const call = decode(...args);
  if (typeof call !== "function") return call;
  return (...words) => {
    if (changes(words.map(Number))) {
      operations++;
      if (Number(words[0]) !== WAIT4) waitedFor.clear();
      if (log !== undefined) appendFileSync(log, `${operations} ${words.join(" ")}\n`);
      if (operations === at) process.kill(process.pid, "SIGKILL");
    }
    return call(...words);
  };
};

process.on("exit", () => {
  if (process.env.RESTAGE_COUNT) writeFileSync(process.env.RESTAGE_COUNT, String(operations));
});
