import { type Call, definePlugin, type Plugin, type SeizedThread } from "@restage/core";
import { PR } from "@restage/linux/abi";
import { Answers } from "../answers.ts";
import { type IdsInside, idsInside, UserIds } from "../namespaces/user/ids-inside.ts";
import { room } from "../room.ts";
import { type Credentials, credentialsOf } from "./format.ts";

interface Asked {
  readonly securebits: Call;
  readonly parentDeathSignal: ReturnType<typeof room>;
}

/** User and group ids, capabilities, securebits, no_new_privs and parent death signal of every thread; dumpable of every task. */
export function credentials(): Plugin {
  return definePlugin({
    name: "credentials",
    duty: "credentials",
    uses: [UserIds],
    phases: {
      query: "reads securebits, dumpable and parent death signal",
      collect: "saves ids, groups, capabilities, securebits, no_new_privs, dumpable and parent death signal",
    },
    dump({ phases }) {
      const dumpable = new Answers<SeizedThread, Call>();
      const asked = new Answers<SeizedThread, Asked>();
      phases.query.task.tap("credentials", ({ leader }) => {
        dumpable.keep(leader, leader.call.prctl(PR.GET_DUMPABLE, 0, 0, 0, 0));
      });
      phases.query.thread.tap("credentials", (thread) => {
        const parentDeathSignal = room(4);
        thread.call.prctl(PR.GET_PDEATHSIG, parentDeathSignal.data, 0, 0, 0);
        const securebits = thread.call.prctl(PR.GET_SECUREBITS, 0, 0, 0, 0);
        asked.keep(thread, { securebits, parentDeathSignal });
      });
      phases.collect.task.tap("credentials", ({ leader, mm }) => {
        mm.dumpable = dumpable.of(leader).result;
      });
      phases.collect.thread.tap("credentials", (thread, context) => {
        const { securebits, parentDeathSignal } = asked.of(thread);
        thread.core.creds = inside(credentialsOf(thread.status, securebits.result), idsInside(context));
        const signal = parentDeathSignal.view.getInt32(0, true);
        if (signal !== 0) thread.core.pdeath_sig = signal;
      });
    },
  });
}

/** The same credentials with ids as the tree's own user namespace has them. */
function inside(credentials: Credentials, ids: IdsInside): Credentials {
  const { uid, euid, suid, fsuid, gid, egid, sgid, fsgid, groups } = credentials;
  return {
    ...credentials,
    uid: ids.uid(uid),
    euid: ids.uid(euid),
    suid: ids.uid(suid),
    fsuid: ids.uid(fsuid),
    gid: ids.gid(gid),
    egid: ids.gid(egid),
    sgid: ids.gid(sgid),
    fsgid: ids.gid(fsgid),
    groups: groups.map((group) => ids.gid(group)),
  };
}
