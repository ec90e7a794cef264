import { type Call, type DumpContext, definePlugin, loaded, type Plugin, type SeizedThread } from "@restage/core";
import { KEY_SPEC, KEYCTL } from "@restage/linux/abi";
import { Answers } from "../answers.ts";
import { room } from "../room.ts";

/** The links of a session keyring that are looked at: PAM makes one or two. */
const LINKS = 4;
const DESCRIPTION_SIZE = 64;

interface Asked {
  readonly thread: Call;
  readonly process: Call | undefined;
  readonly session: SessionKeyring | undefined;
}

interface SessionKeyring {
  readonly serial: Call;
  /** The bytes of its links, 4 for each. */
  readonly content: Call;
  readonly descriptions: readonly ReturnType<typeof room>[];
}

/**
 * Refuses keys in the keyrings of threads, processes and sessions: their serial numbers cannot be restored. A restored tree gets the session keyring of
 * `restage restore`, so keys of this process's session keyring are not refused.
 */
export function keyrings(): Plugin {
  return definePlugin({
    name: "keyrings",
    duty: "keyrings",
    phases: { query: "finds the keyrings of every thread", collect: "refuses keys in keyrings" },
    dump({ phases }) {
      const answers = new Answers<SeizedThread, Asked>();
      phases.query.thread.tap("keyrings", (thread) => {
        const content = (keyring: number) => thread.call.keyctl(KEYCTL.READ, keyring, 0, 0);
        answers.keep(thread, {
          thread: content(KEY_SPEC.THREAD_KEYRING),
          process: thread.isLeader ? content(KEY_SPEC.PROCESS_KEYRING) : undefined,
          session: thread.isLeader ? askSession(thread) : undefined,
        });
      });
      let ownSession: number | undefined;
      phases.collect.thread.tap("keyrings", (thread, context) => {
        ownSession ??= context.host.attempt("keyctl", KEYCTL.GET_KEYRING_ID, KEY_SPEC.SESSION_KEYRING, 0);
        const asked = answers.of(thread);
        refuse(context, thread, "thread", countLinks(asked.thread));
        if (asked.process !== undefined) refuse(context, thread, "process", countLinks(asked.process));
        if (asked.session !== undefined && asked.session.serial.result !== ownSession)
          refuse(context, thread, "session", countKeys(asked.session));
      });
    },
  });
}

function askSession({ call }: SeizedThread): SessionKeyring {
  const links = room(4 * LINKS);
  return {
    serial: call.keyctl(KEYCTL.GET_KEYRING_ID, KEY_SPEC.SESSION_KEYRING, 0, 0),
    content: call.keyctl(KEYCTL.READ, KEY_SPEC.SESSION_KEYRING, links.data, links.data.bytes.length),
    descriptions: Array.from({ length: LINKS }, (_, index) => {
      const description = room(DESCRIPTION_SIZE);
      call.keyctl(KEYCTL.DESCRIBE, loaded(links.data, 4 * index, 4), description.data, DESCRIPTION_SIZE);
      return description;
    }),
  };
}

function countLinks({ result }: Call): number {
  return Math.max(0, result) / 4;
}

/** The links of a session keyring that do not lead to the keyrings of a user, which exist without it. */
function countKeys({ content, descriptions }: SessionKeyring): number {
  const count = countLinks(content);
  const ofUsers = descriptions.slice(0, count).filter(({ data }) => {
    const [type, , , , name] = new TextDecoder("latin1").decode(data.bytes).split(";");
    return type === "keyring" && name?.startsWith("_uid") === true;
  });
  return count - ofUsers.length;
}

function refuse({ findings }: DumpContext, { name, task }: SeizedThread, keyring: string, count: number): void {
  if (count === 0) return;
  const why = `there are keys in its ${keyring} keyring (${count}), and a restore cannot give them their serial numbers`;
  findings.lose("keys", { what: name, why, pid: task.pid });
}
