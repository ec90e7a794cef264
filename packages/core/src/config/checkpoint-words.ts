// Not in dump/: a restore reads configurations, but loads no code for checkpoints.

/** What a checkpoint can leave out only if the user agrees. */
export const LOSSES = ["landlock", "keys", "sem-undo", "events", "datagrams", "connections", "messages"] as const;
export type Loss = (typeof LOSSES)[number];

/** Ways to keep packets off saved TCP connections. */
export const NETWORK_LOCKS = ["iptables", "nftables", "skip"] as const;
