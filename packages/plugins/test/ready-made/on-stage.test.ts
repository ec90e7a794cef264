import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { definePlugin, type RestoreRequest } from "@restage/core";
import { type Inventions, rehearse } from "@restage/core/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type MomentNews, type OnStageOptions, onStage } from "../../src/mod.ts";

const failing = definePlugin({
  name: "failing",
  apply: ({ stages }) =>
    stages.RESTORE.leave.tap("failing", () => {
      throw new Error("on purpose");
    }),
});

const STAGES = [
  "ROOT_TASK",
  "PREPARE_NAMESPACES",
  "FORKING",
  "RESTORE",
  "RESTORE_SIGCHLD",
  "RESTORE_CREDS",
  "COMPLETE",
];

async function told(options?: OnStageOptions, more: Partial<RestoreRequest> = {}): Promise<readonly MomentNews[]> {
  const news: MomentNews[] = [];
  const { plugins = [], ...rest } = more;
  await rehearse({
    plugins: [onStage((each) => void news.push(each), options), ...plugins],
    task: { pid: 7, children: [{ pid: 8 }] },
    options: rest,
  });
  return news;
}

/** A server that answers with a status. Returns its URL and what it got. */
async function serve(status: number) {
  const got: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      got.push(`${request.method} ${body}`);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, got };
}

describe("onStage", () => {
  it("tells all moments in order, with the pid as soon as it exists", async () => {
    const news = await told();
    expect(news.map(({ moment }) => moment)).toEqual([...STAGES, "commit", "complete"]);
    expect(news.at(-1)).toEqual({ moment: "complete", pid: 7, tasks: 2, images: "/images" });
  });

  it("tells a failure, and only the moments that are asked for", async () => {
    const news = await told({ at: ["RESTORE", "commit", "abort"] }, { plugins: [failing] });
    expect(news.map(({ moment, error }) => `${moment} ${error}`)).toEqual([
      "RESTORE undefined",
      expect.stringMatching(/^abort .*on purpose/),
    ]);
  });

  it("runs a program with the moment as its argument", async () => {
    const { kernel } = await rehearse({ plugins: [onStage("/bin/notify", { at: ["commit"] })], task: { pid: 7 } });
    const body = '{"moment":"commit","pid":7,"tasks":1,"images":"/images"}';
    expect(kernel.records.filter(({ kind }) => kind === "program-of-host")).toEqual([
      { kind: "program-of-host", name: "/bin/notify", args: ["commit"], input: body },
    ]);
  });

  it("posts to a URL, whose refusal makes the restore fail", async () => {
    const { url, got } = await serve(200);
    const { error } = await rehearse({ plugins: [onStage(url, { at: ["complete"] })], task: { pid: 7 } });
    expect(error).toBeUndefined();
    expect(got).toEqual(['POST {"moment":"complete","pid":7,"tasks":1,"images":"/images"}']);
    const refusing = await serve(503);
    const failed = await rehearse({ plugins: [onStage(refusing.url, { at: ["commit"] })], task: { pid: 7 } });
    expect(failed.error).toMatchObject({ code: "ERR_PLUGIN", plugin: "on-stage" });
    expect(failed.error?.message).toContain("answered 503 at commit");
  });

  it("reaches a URL after a failure too", async () => {
    const { url, got } = await serve(200);
    await rehearse({ plugins: [onStage(url, { at: ["abort"] }), failing], task: { pid: 7 } });
    expect(got).toEqual([expect.stringContaining('"moment":"abort"')]);
  });

  it("names a URL that does not answer, and why", async () => {
    const { error } = await rehearse({ plugins: [onStage("http://127.0.0.1:1/", { at: ["commit"] })] });
    expect(error?.message).toMatch(
      /^Cannot reach http:\/\/127\.0\.0\.1:1\/ at commit: fetch failed: .*(ECONNREFUSED|bad port)/,
    );
  });

  it("can go on when nobody listens", async () => {
    const warned = vi.spyOn(console, "error").mockImplementation(() => {});
    const host: Inventions = {};
    const plugin = onStage("http://127.0.0.1:1/", { at: ["commit"], ifFailed: "warn" });
    const { restored } = await rehearse({ plugins: [plugin], task: { pid: 7 }, host });
    expect(restored?.pid).toBe(7);
    expect(warned).toHaveBeenCalledWith(expect.stringMatching(/^warning: /));
    warned.mockRestore();
  });

  it("does not know other moments", () => {
    expect(() => onStage("/bin/true", { at: ["restored" as never] })).toThrow(
      "Cannot notify at restored: expected one of",
    );
  });
});
