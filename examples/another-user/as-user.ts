import { definePlugin, type Plugin } from "@restage/core";

/** Takes the place of the default plugin for credentials: the tree goes on as another user, with no capabilities. */
export function asUser(uid: number, gid: number): Plugin {
  return definePlugin({
    name: "as-user",
    duty: "credentials",
    apply({ stages }) {
      stages.RESTORE_CREDS.thread.tap("as-user", (thread) => {
        thread.call.setgroups(0, []);
        thread.call.setresgid(gid, gid, gid);
        // From uid 0 to another one the kernel clears the capabilities itself.
        thread.call.setresuid(uid, uid, uid);
      });
    },
  });
}
