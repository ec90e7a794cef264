import * as api from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import * as plugins from "../../src/mod.ts";

/** Every ready-made plugin that has options, with the options after valid arguments. */
const MAKERS: Readonly<Record<string, (options: never) => unknown>> = {
  cgroup: (options) => plugins.cgroup("/a", options),
  createFiles: (options) => plugins.createFiles(["/a"], options),
  environment: (options) => plugins.environment({ A: "b" }, options),
  hostname: (options) => plugins.hostname("a", options),
  moveAddresses: (options) => plugins.moveAddresses({ "10.0.0.1": "10.0.0.2" }, options),
  movePorts: (options) => plugins.movePorts({ 80: 81 }, options),
  onStage: (options) => plugins.onStage("/bin/true", options),
  openTelemetry: (options) => plugins.openTelemetry(api, options),
  pidPolicy: (options) => plugins.pidPolicy("wait", options),
  remapPaths: (options) => plugins.remapPaths({ "/a": "/b" }, options),
  replaceText: (options) => plugins.replaceText({ aaaa: "bbbb" }, options),
  runAs: (options) => plugins.runAs("root", options),
  skipFiles: (options) => plugins.skipFiles(["/a"], options),
};

describe("options of ready-made plugins", () => {
  it.each(Object.entries(MAKERS))("%s refuses an option that it does not have", (name, make) => {
    expect(() => make({} as never)).not.toThrow();
    expect(() => make({ noSuchOption: 1 } as never)).toThrow(`${name} has no option noSuchOption`);
  });

  it("suggests the nearest one", () => {
    const options = { conections: "close" } as object;
    expect(() => plugins.movePorts({ 80: 81 }, options)).toThrow("did you mean connections?");
  });
});
