import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { end, kill } from "../support/end.ts";
import { failingAfter } from "../support/failing-after.ts";
import { failureOf } from "../support/failure-of.ts";
import { CRIU } from "../support/requirements.ts";
import { COMMAND, run } from "../support/restage.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, restoreProgram, restoreThatDies, startProgram, verdictOf } from "./case.ts";
import { itComesBack } from "./comes-back.ts";
import { describeDumped, isRestage } from "./dumpers.ts";

const ESTABLISHED = ["--tcp-established", "--network-lock", "skip"] as const;

describeDumped(
  "sockets whose files have other names than they were bound to, and those with empty messages",
  () => {
    for (const name of ["renamed-sockets", "empty-messages"]) itComesBack(`are restored: ${name}`, name);
  },
  undefined,
  // CRIU refuses the former, and loses the messages.
  ["Restage"],
);

describeDumped("a program that asks the service for its own checkpoint", () => {
  it("is restored, and reads the answer (asks-service)", async () => {
    const program = await startProgram(join(import.meta.dirname, "asks-service"));
    const [command = "", ...words] = isRestage() ? [process.execPath, COMMAND] : [CRIU];
    const service = spawn(command, [...words, "service", "--address", join(program.directory, "service")], {
      stdio: "ignore",
    });
    try {
      await program.ended;
    } finally {
      await end(service.pid ?? 0);
    }
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});

const close = (server: Server) => new Promise((resolve) => server.close(resolve));

describeDumped("sockets beyond those of the fixtures", () => {
  for (const [name, flags, request] of [
    ["unix-sockets", [], {}],
    ["unix-corners", [], {}],
    ["external-peer", ["--ext-unix-sk"], { extUnixSockets: true }],
    ["inet-sockets", [], {}],
    ["backlog", ["--skip-in-flight"], {}],
    ["socket-options", [], {}],
    ["tcp-connections", ESTABLISHED, { tcpEstablished: true }],
    ["closed-tcp", ESTABLISHED, { tcpEstablished: true }],
  ] as const)
    itComesBack(`are restored: ${name}`, name, { flags }, request);
  itComesBack(
    "lose nothing that a peer outside the tree sends during the checkpoint: busy-peer",
    "busy-peer",
    { flags: ["--tcp-established", "--network-lock", "nftables"] },
    { tcpEstablished: true },
  );

  const pathsOf = ({ directory }: DumpedProgram) => readdirSync(directory).sort();

  it.each(["RESTORE", "RESTORE_CREDS"] as const)(
    "lose their new paths when the restore fails after %s",
    async (stage) => {
      const program = await dumpCase("unix-sockets");
      const before = pathsOf(program);
      const owned = join(program.directory, "owned");
      const { ino } = statSync(owned);
      const error = await failureOf(restoreProgram(program, { plugins: [failingAfter(stage)] }));
      expect(error.message).toBe("on purpose");
      expect(error.failures).toEqual([]);
      expect(pathsOf(program)).toEqual(before);
      expect(statSync(owned).ino).toBe(ino);
      expect(readFileSync(join(program.directory, "replaced"), "utf8")).toBe("mine");
    },
  );

  it("lose their new paths when the coordinator is killed", async () => {
    const program = await dumpCase("unix-sockets");
    rmSync(join(program.directory, "owned"));
    const before = pathsOf(program);
    const { signal, stderr } = run(restoreThatDies(program, "RESTORE"));
    expect(signal, stderr).toBe("SIGKILL");
    await until(() => pathsOf(program).length === before.length, "the janitor has removed the paths");
    expect(pathsOf(program)).toEqual(before);
    expect(readFileSync(join(program.directory, "replaced"), "utf8")).toBe("mine");
  });

  it("are refused when a path is taken, with the reason", async () => {
    const program = await dumpCase("unix-sockets");
    const owned = join(program.directory, "owned");
    rmSync(owned);
    const holder = createServer().listen(owned);
    try {
      await until(() => existsSync(owned), "the path is taken");
      expect((await failureOf(restoreProgram(program))).message).toMatch(
        `Unix socket ${owned}: its path is in use by process ${process.pid} (`,
      );
    } finally {
      await close(holder);
    }
    writeFileSync(owned, "");
    const { message } = await failureOf(restoreProgram(program));
    expect(message).toBe(`Unix socket ${owned}: its path belongs to a file that is not a socket`);
  });

  it("are connected to peers outside of the checkpoint only with --ext-unix-sk", async () => {
    const program = await dumpCase("external-peer", { flags: ["--ext-unix-sk"] });
    const error = await failureOf(restoreProgram(program));
    expect(error.code).toBe("ERR_REFUSED");
    expect(error.hint).toContain("--ext-unix-sk");
    const server = join(program.directory, "server");
    rmSync(server);
    const gone = await failureOf(restoreProgram(program, { extUnixSockets: true }));
    expect(gone.message).toContain(`its peer outside the tree, Unix socket ${server}, does not exist`);
  });

  it("are refused when a port is taken, and the error names the holder", async () => {
    const program = await dumpCase("inet-sockets");
    const port = Number(readFileSync(join(program.directory, "port"), "utf8"));
    const holder = createServer().listen(port, "127.0.0.2");
    try {
      await until(() => holder.listening, "the port is taken");
      const { message } = await failureOf(restoreProgram(program));
      expect(message).toContain(`TCP socket 127.0.0.2:${port}: its port is in use by process ${process.pid} (`);
    } finally {
      await close(holder);
    }
  });

  it("restore their connections only with --tcp-established; --tcp-close closes them", async () => {
    const program = await dumpCase("tcp-connections", { flags: ESTABLISHED });
    const error = await failureOf(restoreProgram(program));
    expect(error.code).toBe("ERR_REFUSED");
    expect(error.describe()).toContain("--tcp-established");
    await restoreProgram(program, { tcpClose: true });
    kill(program.pid);
  });
});
