import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeUnless, itUnless } from "../support/requirements.ts";
import { restage } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { Podman } from "./podman.ts";
import { COUNT, countOf, expectCounting } from "./podman-counter.ts";
import { noBusybox, noPodman, PAIRS } from "./programs.ts";

describeUnless(noPodman ?? noBusybox, "a container of podman", () => {
  for (const [dumper, restorer, obstacle] of PAIRS) {
    itUnless(obstacle, `goes on where it was: saved by ${dumper}, restored by ${restorer}`, async () => {
      const podman = new Podman();
      podman.run(COUNT, "--name", "counter");
      await expectCounting(podman, "counter", 3);
      const saved = podman.doWith(dumper, "container", "checkpoint", "--print-stats", "counter");
      expect(JSON.parse(saved)).toMatchObject({
        container_statistics: [{ criu_statistics: { pages_written: expect.any(Number) } }],
      });
      const count = countOf(podman, "counter");
      expect(podman.do("ps", "--format", "{{.Names}}")).toBe("");
      const restored = podman.doWith(restorer, "container", "restore", "--print-stats", "counter");
      expect(JSON.parse(restored)).toMatchObject({
        container_statistics: [{ criu_statistics: { pages_restored: expect.any(Number) } }],
      });
      await expectCounting(podman, "counter", count);
      expect(podman.do("logs", "counter").match(/^1$/gm)).toHaveLength(1);
      expect(podman.do("ps", "--format", "{{.Names}}")).toBe("counter");
      expect(podman.do("exec", "counter", "echo", "here")).toBe("here");
      podman.do("stop", "counter");
      expect(podman.do("wait", "counter")).toBe("7");
    });
  }

  it("is exported while it runs, and imported under other names", async () => {
    const podman = new Podman();
    podman.run(COUNT, "--name", "counter");
    await expectCounting(podman, "counter", 3);
    const file = join(temporaryDirectory("export"), "counter.tar.gz");
    podman.doWith(
      "Restage",
      "container",
      "checkpoint",
      "--leave-running",
      "--compress",
      "gzip",
      "--export",
      file,
      "counter",
    );
    const shown = restage(["inspect", "-D", file, "--tree"]);
    expect(shown, shown.stderr).toMatchObject({ status: 0, stdout: expect.stringMatching(/\d+ .*sh/) });
    const count = countOf(podman, "counter");
    await expectCounting(podman, "counter", count);
    podman.do("rm", "--force", "--time", "0", "counter");
    for (const name of ["one", "two"])
      podman.doWith("Restage", "container", "restore", "--import", file, "--name", name);
    for (const name of ["one", "two"]) await expectCounting(podman, name, count - 1);
    expect(podman.do("ps", "--sort", "names", "--format", "{{.Names}}")).toBe("one\ntwo");
  });

  it("leaves nothing when its restore fails, and says why", async () => {
    const podman = new Podman();
    const id = podman.run(COUNT, "--name", "counter");
    await expectCounting(podman, "counter", 3);
    podman.doWith("Restage", "container", "checkpoint", "--keep", "counter");
    const place = podman.do("container", "inspect", "--format", "{{.StaticDir}}", "counter");
    rmSync(join(place, "checkpoint/pages-1.img"));
    const before = cgroupsOf(id);
    const { status, stderr } = podman.tryWith("Restage", "container", "restore", "counter");
    expect(status).not.toBe(0);
    expect(stderr).toContain(join(place, "restore.log"));
    expect(readFileSync(join(place, "restore.log"), "utf8")).toMatch(/^Error \(restage\): .*pages-1/m);
    expect(podman.do("ps", "--format", "{{.Names}}")).toBe("");
    expect(cgroupsOf(id)).toEqual(before);
  });
});

/** The cgroups of a container. */
function cgroupsOf(id: string): readonly string[] {
  return readdirSync("/sys/fs/cgroup").filter((name) =>
    existsSync(`/sys/fs/cgroup/${name}/libpod_parent/libpod-${id}`),
  );
}
