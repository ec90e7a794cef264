import { expect, it } from "vitest";
import { Machine } from "../support/machine.ts";
import { describeUnless, itUnless } from "../support/requirements.ts";
import { until } from "../support/until.ts";
import { ConsoleSocket } from "./console-socket.ts";
import { ANSWER, LineClient } from "./line-client.ts";
import { noBusybox, noRunc, PAIRS } from "./programs.ts";
import { COUNT, RuncContainer, type Spec } from "./runc-container.ts";

/** The user that is root in the user namespace. */
const USER = 100_000;

describeUnless(noRunc ?? noBusybox, "a container of runc", () => {
  for (const [dumper, restorer, obstacle] of PAIRS) {
    const roundTrip = (title: string, test: () => void | Promise<void>) =>
      itUnless(obstacle, `${title}: saved by ${dumper}, restored by ${restorer}`, test);

    roundTrip("counts on after a checkpoint that ends it", async () => {
      const container = new RuncContainer();
      container.run();
      await container.expectCounting(0);
      container.checkpoint(dumper);
      expect(container.pid).toBeUndefined();
      const { count } = container;
      container.restore(restorer);
      await container.expectCounting(count);
      expect(container.exec("/bin/cat", "/count")).toBe(0);
    });

    roundTrip("counts on, left running and restored in its place", async () => {
      const container = new RuncContainer();
      container.run();
      await container.expectCounting(0);
      const { count } = container;
      container.checkpoint(dumper, "--leave-running");
      await container.expectCounting(count);
      container.delete();
      container.restore(restorer);
      await container.expectCounting(count);
    });

    roundTrip("holds its file locks", async () => {
      const container = new RuncContainer(({ process }) => {
        process.args = ["/bin/sh", "-c", `exec 9>/tmp/lock; /usr/bin/flock -n 9; ${COUNT}`];
      });
      container.run();
      await container.expectCounting(0);
      container.checkpoint(dumper, "--file-locks");
      const { count } = container;
      container.restore(restorer, "--file-locks");
      await container.expectCounting(count);
      expect(container.exec("/usr/bin/flock", "-n", "/tmp/lock", "/bin/echo")).toBe(1);
      expect(container.exec("/usr/bin/flock", "-n", "/tmp/other", "/bin/echo")).toBe(0);
    });

    roundTrip("keeps its terminal, whose master is passed to the caller", async () => {
      const container = new RuncContainer(({ process }) => {
        process.args = ["/bin/sh", "-c", ANSWER];
        process.terminal = true;
      });
      const socket = await ConsoleSocket.open();
      container.run("--console-socket", socket.path);
      const before = socket.receive();
      before.type("a\n");
      before.readUntil("line 1");
      container.checkpoint(dumper);
      before.close();
      container.restore(restorer, "--console-socket", socket.path);
      const after = socket.receive();
      after.type("b\n");
      after.readUntil("line 2");
    });

    roundTrip("serves its clients in a network namespace of the engine", async () => {
      const machine = await Machine.start();
      const container = new RuncContainer((spec) => {
        spec.process.args = ["/bin/nc", "-l", "-p", "7301", "-e", "/bin/sh", "-c", ANSWER];
        network(spec).path = machine.network;
      });
      container.run();
      const client = await connect(machine, 7301);
      expect(await client.ask()).toBe("line 1");
      container.checkpoint(dumper, "--tcp-established");
      container.restore(restorer, "--tcp-established");
      expect(await client.ask()).toBe("line 2");
    });

    roundTrip("counts on in its cgroups, with memory and processes too few for a JavaScript runtime", async () => {
      const container = new RuncContainer(({ linux }) => {
        linux.resources = { memory: { limit: 16 * 1024 * 1024 }, pids: { limit: 9 } };
      });
      container.run();
      await container.expectCounting(0);
      const { cgroups } = container;
      container.checkpoint(dumper);
      const { count } = container;
      container.restore(restorer);
      await container.expectCounting(count);
      expect(container.cgroups).toBe(cgroups);
    });

    roundTrip("counts on in a user namespace", async () => {
      const container = new RuncContainer(({ linux }) => {
        linux.namespaces.push({ type: "user" });
        const mapping = { containerID: 0, hostID: USER, size: 65_536 };
        linux.uidMappings = [mapping];
        linux.gidMappings = [mapping];
      }, USER);
      container.run();
      await container.expectCounting(0);
      container.checkpoint(dumper);
      const { count } = container;
      container.restore(restorer);
      await container.expectCounting(count);
    });
  }

  it("is saved in two steps, and counts on", async () => {
    const container = new RuncContainer();
    container.run();
    await container.expectCounting(0);
    container.preDump("Restage");
    await container.expectCounting(0);
    const { count } = container;
    container.checkpoint("Restage", "--parent-path", "../before");
    container.restore("Restage");
    await container.expectCounting(count);
  });
});

function network({ linux }: Spec): { path?: string } {
  const found = linux.namespaces.find(({ type }) => type === "network");
  if (found === undefined) throw new Error("the specification has no network namespace");
  return found;
}

/** A client in the network of a machine. */
async function connect(machine: Machine, port: number): Promise<LineClient> {
  const listens = () => machine.run("ss", "-Hltn", `sport = :${port}`).stdout !== "";
  await until(listens, `the container listens on port ${port}`, 20_000);
  return new LineClient("nsenter", `--net=${machine.network}`, "--", "busybox", "nc", "127.0.0.1", String(port));
}
