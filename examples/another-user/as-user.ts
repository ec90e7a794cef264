import { definePlugin, type Plugin } from "@restage/core";

/** Replaces the default plugin for credentials: the tree continues as another user, without capabilities. */
export function asUser(uid: number, gid: number): Plugin {
  return definePlugin({
    name: "as-user",
    duty: "credentials",
    apply({ stages }) {
      stages.RESTORE_CREDS.thread.tap("as-user", (thread) => {
        thread.call.setgroups(0, []);
        thread.call.setresgid(gid, gid, gid);
        // When the uid changes from 0 to another one, the kernel clears the capabilities.
        thread.call.setresuid(uid, uid, uid);
      });
    },
  });
}
