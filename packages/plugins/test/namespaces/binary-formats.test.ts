import { describe, expect, it } from "vitest";
import { parseFormat, printFormat } from "../../src/namespaces/mount/binary-formats/format.ts";

describe("a binary format", () => {
  it.each([
    [
      "with magic bytes",
      "enabled\ninterpreter /bin/a\nflags: OC\noffset 2\nmagic 4142\nmask fffe\n",
      ":it:M:2:\\x41\\x42:\\xff\\xfe:/bin/a:OC",
    ],
    ["with an extension", "enabled\ninterpreter /bin/a\nflags: \nextension .odd\n", ":it:E::odd::/bin/a:"],
    [
      "with a colon in its interpreter",
      "enabled\ninterpreter /a:b\nflags: \noffset 0\nmagic 41\n",
      "|it|M|0|\\x41||/a:b|",
    ],
  ])("%s is registered with what the kernel shows", (_kind, shown, line) => {
    expect(printFormat(parseFormat("it", shown))).toBe(line);
  });

  it("keeps whether it is enabled", () => {
    expect(parseFormat("it", "disabled\ninterpreter /a\nflags: \nextension .x\n").enabled).toBe(false);
    expect(parseFormat("it", "enabled\ninterpreter /a\nflags: \nextension .x\n").enabled).toBe(true);
  });
});
