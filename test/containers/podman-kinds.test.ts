import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeUnless } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";
import { ANSWER, LineClient } from "./line-client.ts";
import { Podman } from "./podman.ts";
import { COUNT, countOf, expectCounting } from "./podman-counter.ts";
import { noBusybox, noPodman, notForEngines } from "./programs.ts";

/** Answers every client with the number of answers so far. */
const SERVE = `n=0; export n; while :; do n=$((n+1)); nc -l -p 80 -e sh -c '
  while read -r line && [ \${#line} -gt 1 ]; do :; done; printf "HTTP/1.0 200 OK\\r\\n\\r\\n"; echo visit $n'; done`;

/** Kinds of containers, by the flags of `podman run`, and of `podman container checkpoint` and `restore`. */
const KINDS: readonly (readonly [kind: string, run: readonly string[], both?: readonly string[], script?: string])[] = [
  ["in a user namespace", ["--uidmap=0:100000:65536", "--gidmap=0:100000:65536"]],
  ["with a terminal", ["--tty"]],
  ["with a read-only root, a tmpfs and limits", ["--read-only", "--tmpfs=/data", "--memory=64m", "--pids-limit=20"]],
  ["that holds a lock", [], ["--file-locks"], `exec 9>/tmp/lock; flock -n 9; ${COUNT}`],
  ["of another user", ["--user=1000:1000"]],
  ["in the pid namespace of the machine", ["--pid=host"]],
];

describeUnless(noPodman ?? noBusybox ?? notForEngines, "a container of podman", () => {
  for (const [kind, run, both = [], script = COUNT] of KINDS) {
    it(`${kind} counts on, and obeys podman`, async () => {
      const podman = new Podman();
      podman.run(script, "--name=counter", ...run);
      await expectCounting(podman, "counter", 3);
      podman.doWith("Restage", "container", "checkpoint", ...both, "counter");
      const count = countOf(podman, "counter");
      podman.doWith("Restage", "container", "restore", ...both, "counter");
      await expectCounting(podman, "counter", count);
      expect(podman.do("exec", "counter", "echo", "here")).toBe("here");
      if (both.includes("--file-locks"))
        expect(podman.try("exec", "counter", "flock", "-n", "/tmp/lock", "true").status).toBe(1);
      podman.do("stop", "counter");
      expect(podman.do("wait", "counter")).toBe("7");
    });
  }

  it("is saved in two steps, exported with both and imported", async () => {
    const podman = new Podman();
    podman.run(COUNT, "--name=counter");
    await expectCounting(podman, "counter", 3);
    const directory = temporaryDirectory("export");
    const [before, after] = [join(directory, "before.tar"), join(directory, "after.tar")];
    podman.doWith("Restage", "container", "checkpoint", "--pre-checkpoint", "--export", before, "counter");
    await expectCounting(podman, "counter", countOf(podman, "counter"));
    podman.doWith("Restage", "container", "checkpoint", "--with-previous", "--export", after, "counter");
    const count = countOf(podman, "counter");
    podman.do("rm", "counter");
    podman.doWith("Restage", "container", "restore", "--import-previous", before, "--import", after);
    await expectCounting(podman, "counter", count);
  });

  it("gets another name, address and published port when it is imported", async () => {
    const podman = new Podman();
    podman.do("network", "create", "--subnet=10.89.77.0/24", "web");
    podman.run(SERVE, "--name=web", "--network=web", "--ip=10.89.77.7", "--publish=18080:80");
    const answered = async (port: number) => {
      let answer = "";
      await until(() => (answer = get(port)) !== "", "the container answers", 20_000);
      return answer;
    };
    expect(await answered(18_080)).toBe("visit 1\n");
    const file = join(temporaryDirectory("export"), "web.tar.zst");
    podman.doWith("Restage", "container", "checkpoint", "--export", file, "web");
    podman.do("rm", "web");
    const flags = ["--import", file, "--name=other", "--ignore-static-ip", "--publish=18081:80"];
    podman.doWith("Restage", "container", "restore", ...flags);
    expect(await answered(18_081)).toBe("visit 2\n");
    expect(podman.do("ps", "--format={{.Names}}")).toBe("other");
    podman.do("stop", "--time=0", "other");
  });

  it("serves the client that was connected before", async () => {
    const podman = new Podman();
    podman.do("network", "create", "--subnet=10.89.78.0/24", "lines");
    podman.run(`exec nc -l -p 7301 -e sh -c '${ANSWER}'`, "--name=lines", "--network=lines", "--ip=10.89.78.7");
    const listens = () => podman.try("exec", "lines", "busybox", "netstat", "-ltn").stdout.includes(":7301");
    await until(listens, "the container listens", 20_000);
    const client = new LineClient("busybox", "nc", "10.89.78.7", "7301");
    expect(await client.ask()).toBe("line 1");
    podman.doWith("Restage", "container", "checkpoint", "--tcp-established", "lines");
    podman.doWith("Restage", "container", "restore", "--tcp-established", "lines");
    expect(await client.ask()).toBe("line 2");
    podman.do("stop", "--time=0", "lines");
  });

  it("joins a pod when it is imported", async () => {
    const podman = new Podman();
    podman.do(
      "pod",
      "create",
      "--name=first",
      "--share=ipc,net,uts",
      "--infra-image=busybox",
      "--infra-command=sleep 1000",
    );
    podman.do("run", "--detach", "--pod=first", "--name=counter", "busybox", "sh", "-c", COUNT);
    await expectCounting(podman, "counter", 3);
    const file = join(temporaryDirectory("export"), "counter.tar.zst");
    podman.doWith("Restage", "container", "checkpoint", "--export", file, "counter");
    podman.do("rm", "counter");
    const pod = podman.do(
      "pod",
      "create",
      "--name=second",
      "--share=ipc,net,uts",
      "--infra-image=busybox",
      "--infra-command=sleep 1000",
    );
    podman.doWith("Restage", "container", "restore", "--import", file, "--pod", pod, "--name=other");
    await expectCounting(podman, "other", 3);
    podman.do("pod", "rm", "--force", "--all", "--time=0");
  });
});

/** The body of an answer; empty without one. */
function get(port: number): string {
  return spawnSync("curl", ["-s", "-m", "2", `http://127.0.0.1:${port}`], { encoding: "utf8" }).stdout;
}
