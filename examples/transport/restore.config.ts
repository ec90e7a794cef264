// Passes files between tasks with pidfd_getfd instead of transport sockets: one line.
//
//   restage restore --config examples/transport/restore.config.ts -d -D CHECKPOINT
import { defineConfig } from "@restage/core";
import { transportPidfd } from "@restage/plugins";

export default defineConfig({ plugins: [transportPidfd()] });
