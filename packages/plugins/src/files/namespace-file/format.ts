import { CLONE } from "@restage/linux/abi";

/** Kinds of namespaces: their names in /proc/PID/ns and their fields in ids images. Source: proc_pid_ns(5), CRIU images/core.proto. */
export const KINDS = [
  { flag: CLONE.NEWPID, name: "pid", id: "pid_ns_id" },
  { flag: CLONE.NEWNET, name: "net", id: "net_ns_id" },
  { flag: CLONE.NEWIPC, name: "ipc", id: "ipc_ns_id" },
  { flag: CLONE.NEWUTS, name: "uts", id: "uts_ns_id" },
  { flag: CLONE.NEWNS, name: "mnt", id: "mnt_ns_id" },
  { flag: CLONE.NEWUSER, name: "user", id: "user_ns_id" },
  { flag: CLONE.NEWCGROUP, name: "cgroup", id: "cgroup_ns_id" },
  { flag: CLONE.NEWTIME, name: "time", id: "time_ns_id" },
] as const;
