import { type DumpContext, definePlugin, type OpenFile, type Plugin } from "@restage/core";
import type { OwnOptionEntry } from "@restage/images";
import { IPPROTO, SO, SOCK, SOL } from "@restage/linux/abi";
import { insideNetwork } from "../../namespaces/net/inside-network.ts";
import { readOption } from "../socket-options/host-options.ts";
import { type Setting, type SocketKind, settingsOf } from "./format.ts";

/** Options of sockets that CRIU does not save, where they differ from those of a new socket: in restage.img. */
export function socketSettings(): Plugin {
  return definePlugin({
    name: "socket-settings",
    duty: "socket-settings",
    phases: { inspect: "reads options of sockets that CRIU does not save" },
    dump({ filesDescribed }) {
      filesDescribed.tap("socket-settings", (_tree, context) => {
        const fresh = new FreshSockets(context);
        for (const file of context.files.all) saveSettings(context, file, fresh);
      });
    },
  });
}

function saveSettings(context: DumpContext, { id, descriptor, entry }: OpenFile, fresh: FreshSockets): void {
  const { isk, usk, nlsk, psk } = entry ?? {};
  if (descriptor === undefined || (isk ?? usk ?? nlsk ?? psk) === undefined) return;
  const option = (name: number) => readOption(context.host, descriptor, SOL.SOCKET, name) ?? 0;
  const isTcp = option(SO.TYPE) === SOCK.STREAM && option(SO.PROTOCOL) === IPPROTO.TCP;
  const kind = {
    family: option(SO.DOMAIN),
    type: option(SO.TYPE),
    protocol: option(SO.PROTOCOL),
    isConnection: isTcp && isk !== undefined && isk.dst_port !== 0,
  };
  const values = fresh.valuesOf(kind);
  const options = settingsOf(kind).flatMap((setting, index): OwnOptionEntry[] => {
    const value = readSetting(context, descriptor, setting);
    if (value === undefined || isEqual(value, values[index])) return [];
    return [{ level: setting.level, option: setting.option, value }];
  });
  if (options.length > 0) context.own.file(id).options = options;
}

/** Values of the options of new sockets in the tree's network namespace. */
class FreshSockets {
  readonly #context: DumpContext;
  readonly #known = new Map<readonly Setting[], readonly (Uint8Array | undefined)[]>();

  constructor(context: DumpContext) {
    this.#context = context;
  }

  /** In the order of `settingsOf`. */
  valuesOf(kind: SocketKind): readonly (Uint8Array | undefined)[] {
    const settings = settingsOf(kind);
    const values = this.#known.get(settings) ?? this.#read(kind, settings);
    this.#known.set(settings, values);
    return values;
  }

  #read({ family, type, protocol }: SocketKind, settings: readonly Setting[]): readonly (Uint8Array | undefined)[] {
    const { host } = this.#context;
    const socket = insideNetwork(this.#context, () => host.attempt("socket", family, type | SOCK.CLOEXEC, protocol));
    if (socket < 0) return [];
    try {
      return settings.map((setting) => readSetting(this.#context, socket, setting));
    } finally {
      host.call.close(socket);
    }
  }
}

function readSetting({ host }: DumpContext, socket: number, { level, option, size }: Setting): Uint8Array | undefined {
  return host.socketOption(socket, level, option, size);
}

function isEqual(value: Uint8Array, other: Uint8Array | undefined): boolean {
  return other !== undefined && value.length === other.length && value.every((byte, index) => byte === other[index]);
}
