import type { Support } from "../../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "sockets",
    what: "network lock",
    saved: "by nftables, until the context is restored; or not, with `--network-lock skip`",
    shownBy: { saved: ["fixture tcp-queued"] },
  },
];
