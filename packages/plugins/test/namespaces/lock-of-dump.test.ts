import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { hasLock, withoutLock } from "../../src/namespaces/net/firewall/lock-of-dump.ts";

const SAVED = new URL("../../../../examples/server/checkpoint-in-namespaces/nftables-9.img", import.meta.url);

const OWN = `table inet mine {
\tchain input {
\t\ttype filter hook input priority filter; policy accept;
\t\ttcp dport 22 drop
\t}
}
`;

it("rules that consist of CRIU's lock by iptables are empty without it", () => {
  const saved = readFileSync(SAVED, "utf8").replaceAll("\0", "");
  expect(hasLock(saved)).toBe(true);
  expect(withoutLock(saved).trim()).toBe("");
  expect(withoutLock(saved + OWN)).toBe(OWN);
});

it("a table of CRIU's lock by nftables is left out, and other tables stay", () => {
  const lock = OWN.replace("mine", "CRIU-0123-4567");
  expect(withoutLock(lock + OWN)).toBe(OWN);
});

it("a lock stays in a table that has other rules", () => {
  const saved = readFileSync(SAVED, "utf8").replaceAll("\0", "");
  const shared = saved.replace("\tchain INPUT {", "\tchain FORWARD {\n\t\ttcp dport 22 drop\n\t}\n\n\tchain INPUT {");
  expect(shared).not.toBe(saved);
  const left = withoutLock(shared);
  expect(left).toContain("tcp dport 22");
  expect(hasLock(left)).toBe(true);
});
