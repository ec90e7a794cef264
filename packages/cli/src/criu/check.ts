import { existsSync } from "node:fs";
import { checkMachine } from "../check/machine.ts";
import { EXIT } from "../exit-codes.ts";
import { print } from "../report/print.ts";

/** Features that `criu check --feature` knows, and the file of the kernel that shows each. Source of the names: CRIU 4.2, criu/cr-check.c. */
const FEATURES: Readonly<Record<string, string>> = {
  userns: "/proc/self/ns/user",
  cgroupns: "/proc/self/ns/cgroup",
  timens: "/proc/self/ns/time",
  nsid: "/proc/self/ns/net",
  loginuid: "/proc/self/loginuid",
  seccomp_filters: "/proc/sys/kernel/seccomp",
  tun: "/dev/net/tun",
  mnt_id: "/proc/self/mountinfo",
  timerfd: "/proc/self/fdinfo",
};

/** `criu check`: whether this machine can restore; with `--feature`, whether a feature is there. Returns the exit code. */
export function checkFeatures(words: readonly string[]): number {
  const asked = words.flatMap((word, index) => {
    if (word === "--feature") return words[index + 1] ?? "";
    return word.startsWith("--feature=") ? word.slice("--feature=".length) : [];
  });
  const missing = asked.filter((feature) => !existsSync(FEATURES[feature] ?? ""));
  for (const feature of missing) {
    const why = Object.hasOwn(FEATURES, feature) ? "is missing in this kernel" : "cannot be checked by Restage";
    process.stderr.write(`Warn  (restage): feature ${feature} ${why}\n`);
  }
  const obstacles = checkMachine(false).filter(({ severity }) => severity === "refused");
  for (const { what, why } of obstacles) process.stderr.write(`Error (restage): ${what}: ${why}\n`);
  const isGood = missing.length === 0 && obstacles.length === 0;
  if (isGood && asked.length === 0) print("Looks good.\n");
  return isGood ? EXIT.OK : EXIT.FAILED;
}
