import { type Call, type Draft, definePlugin, type Plugin, type SeizedThread } from "@restage/core";
import type { CredsEntry } from "@restage/images";
import { PR } from "@restage/linux/abi";
import { type IdsInside, idsInside } from "../namespaces/user/ids-inside.ts";

/** User and group ids, capabilities, securebits and no_new_privs of every thread. */
export function credentials(): Plugin {
  return definePlugin({
    name: "credentials",
    duty: "credentials",
    dump({ phases }) {
      const securebits = new Map<SeizedThread, Call>();
      phases.query.thread.tap("credentials", (thread) => {
        securebits.set(thread, thread.call.prctl(PR.GET_SECUREBITS, 0, 0, 0, 0));
      });
      phases.collect.thread.tap("credentials", (thread, context) => {
        thread.core.creds = credentialsOf(thread, idsInside(context), securebits.get(thread)?.result ?? 0);
      });
    },
  });
}

function credentialsOf({ status }: SeizedThread, ids: IdsInside, secbits: number) {
  const numbers = (name: string) => (status.get(name) ?? "").split(/\s+/).filter(Boolean).map(Number);
  const [uid = 0, euid = 0, suid = 0, fsuid = 0] = numbers("Uid").map((id) => ids.uid(id));
  const [gid = 0, egid = 0, sgid = 0, fsgid = 0] = numbers("Gid").map((id) => ids.gid(id));
  return {
    uid,
    gid,
    euid,
    egid,
    suid,
    sgid,
    fsuid,
    fsgid,
    cap_inh: words(status.get("CapInh")),
    cap_prm: words(status.get("CapPrm")),
    cap_eff: words(status.get("CapEff")),
    cap_bnd: words(status.get("CapBnd")),
    cap_amb: words(status.get("CapAmb")),
    secbits,
    groups: numbers("Groups").map((id) => ids.gid(id)),
    no_new_privs: Number(status.get("NoNewPrivs") ?? 0),
  } satisfies Draft<CredsEntry>;
}

/** Low word first. */
function words(hex = "0"): readonly number[] {
  const set = BigInt(`0x${hex}`);
  return [Number(set & 0xffff_ffffn), Number(set >> 32n)];
}
