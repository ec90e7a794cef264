import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/mod.ts"],
  format: "esm",
  dts: true,
  target: "node20",
  clean: true,
  // Only the wire format is used. The package's entry point loads its reflection too, some 20 ms at start.
  noExternal: ["@bufbuild/protobuf"],
  banner: {
    js: "// Contains parts of @bufbuild/protobuf, Copyright 2021-2026 Buf Technologies, Inc., Apache License 2.0",
  },
});
