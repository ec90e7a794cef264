import { describe, expect, it } from "vitest";
import { parseAddress } from "../src/mod.ts";

describe("parseAddress", () => {
  it("reads a whole address, with user and password, or a name on the server of NATS_URL", () => {
    expect(parseAddress("nats://me:p%40ss@host:1234/web/one", {})).toEqual({
      server: "nats://host:1234",
      user: "me",
      password: "p@ss",
      name: "web/one",
    });
    const environment = { NATS_URL: "tls://host", NATS_USER: "you", NATS_PASSWORD: "word" };
    const there = { server: "tls://host", user: "you", password: "word" };
    expect(parseAddress("web.2-a_b", environment)).toEqual({ ...there, name: "web.2-a_b" });
    expect(parseAddress("", environment)).toEqual({ ...there, name: "" });
    expect(parseAddress("one", {})).toMatchObject({ server: "nats://127.0.0.1:4222", user: undefined });
  });

  it.each(["a..b", ".a", "a.", "/a", "a/", "a b", "a*", "a.>"])("refuses the name %s", (name) => {
    expect(() => parseAddress(name, {})).toThrow("Cannot use the name");
    expect(() => parseAddress(`nats://host//${name}`, {})).toThrow("Cannot use the name");
  });

  it("does not print a password", () => {
    expect(() => parseAddress("nats://me:secret@host:99999/one", {})).toThrow(/^Cannot read the address nats:\/\/host/);
    expect(() => parseAddress("one", { NATS_URL: "http://me:secret@host" })).toThrow(/http:\/\/host$/);
  });
});
