// Loaded before the command (node --require): kills it before its n-th operation that can change something outside it, n being in RESTAGE_KILL_AT. Without a
// number it only counts, and writes how many there were to the file RESTAGE_COUNT.
//
// With RESTAGE_KILL_SERVER it stops before the first operation instead, and forks one process for each number that it reads from descriptor 3: each goes on from
// there, and is killed before that operation. How it has ended is written to descriptor 4. After "stop" the fork is stopped for some seconds instead, and after
// "slow" each of its waits takes longer. So Node starts once, not once for each operation. Forks have no
// other threads: V8 must not need them (--single-threaded), and they end without Node's cleaning up. And V8 must not keep its memory from them: forkable.c.
const { appendFileSync, readSync, writeFileSync, writeSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const koffi = createRequire(join(__dirname, "../../../packages/cli/package.json"))("koffi");

let at = Number(process.env.RESTAGE_KILL_AT ?? 0);
let signal = "SIGKILL";
/** Called before each wait. */
let delay = () => {};
let serves = process.env.RESTAGE_KILL_SERVER !== undefined;
const log = process.env.RESTAGE_OPERATIONS;
const PTRACE = 101;
const WAIT4 = 61;
const WAITID = 247;
const MKDIRAT = 258;
const WNOWAIT = 0x01000000;
const WUNTRACED = 2;
/** Longer than a thread of a seized tree waits for a coordinator before it goes home; in microseconds, like the next. */
const STOPPED = 6_000_000;
/** About a hundred times as long as a wait for a thread to stop takes. */
const SLOW = 5000;
/** Calls that change nothing: reads of memory and files, waits that look only, comparisons, ids, the coordinator's own memory and time. */
const HARMLESS = new Set([0, 3, 5, 8, 9, 11, 17, 35, 96, 121, 124, 228, 230, 257, 262, 310, 312, 332]);
/** PTRACE_GETREGS, _GETEVENTMSG, _GETREGSET, _PEEKSIGINFO, _GETSIGMASK, _SECCOMP_GET_FILTER, _SECCOMP_GET_METADATA, _GET_RSEQ_CONFIGURATION. */
const HARMLESS_REQUESTS = new Set([12, 0x4201, 0x4204, 0x4209, 0x420a, 0x420c, 0x420d, 0x420f]);

/** Whether a checkpoint still rehearses with a process of its own: it has not made its directory yet, and does not know the tree. */
let rehearses = process.argv.includes("checkpoint") && process.argv.includes("--leave-running");
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
    if (Number(words[0]) === MKDIRAT) rehearses = false;
    if (rehearses) return call(...words);
    if ([WAIT4, WAITID].includes(Number(words[0]))) delay();
    if (changes(words.map(Number))) {
      if (serves) serve();
      operations++;
      if (Number(words[0]) !== WAIT4) waitedFor.clear();
      if (log !== undefined) appendFileSync(log, `${operations} ${words.join(" ")}\n`);
      if (operations === at) process.kill(process.pid, signal);
    }
    return call(...words);
  };
};

/** Forks as often as it is asked to. Returns in each fork. */
function serve() {
  serves = false;
  const libc = koffi.load("libc.so.6");
  const fork = libc.func("int fork()");
  const getpid = libc.func("int getpid()");
  const waitpid = libc.func("int waitpid(int pid, _Out_ int *status, int flags)");
  const usleep = libc.func("int usleep(uint32_t microseconds)");
  const exit = libc.func("void _exit(int code)");
  for (;;) {
    const [number, how] = readLine().split(" ");
    if (number === "") exit(0);
    const pid = fork();
    if (pid === 0) {
      at = Number(number);
      if (how === "stop") signal = "SIGSTOP";
      if (how === "slow") delay = () => usleep(SLOW);
      Object.defineProperty(process, "pid", { value: getpid() });
      process.on("exit", (code) => exit(code));
      return;
    }
    const status = [0];
    for (;;) {
      waitpid(pid, status, WUNTRACED);
      if ((status[0] & 0xff) !== 0x7f) break;
      usleep(STOPPED);
      process.kill(pid, "SIGCONT");
    }
    writeSync(4, `${status[0]}\n`);
  }
}

function readLine() {
  let line = "";
  const byte = Buffer.alloc(1);
  while (readSync(3, byte) === 1 && byte[0] !== 0x0a) line += String.fromCharCode(byte[0]);
  return line;
}

process.on("exit", () => {
  if (process.env.RESTAGE_COUNT) writeFileSync(process.env.RESTAGE_COUNT, String(operations));
});
