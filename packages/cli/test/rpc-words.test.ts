import { decodeMessage, encodeMessage } from "@restage/images";
import { describe, expect, it } from "vitest";
import { parseWords } from "../src/options/parse-words.ts";
import { RESTORE_OPTIONS } from "../src/options/restore-options.ts";
import { createSettings } from "../src/options/settings.ts";
import { type CriuOpts, criuOpts } from "../src/rpc/messages.ts";
import { wordsOf } from "../src/rpc/words.ts";

type Input = Parameters<typeof encodeMessage<CriuOpts>>[1];

/** As it comes over the wire. */
const received = (opts: Omit<Input, "images_dir_fd">) =>
  decodeMessage(criuOpts, encodeMessage(criuOpts, { images_dir_fd: 8, ...opts } as Input));

describe("the options of a request", () => {
  it("become the words of CRIU's command line", () => {
    const opts = received({
      root: "/run/root",
      rst_sibling: true,
      tcp_established: true,
      shell_job: false,
      manage_cgroups: true,
      empty_ns: 0x4000_0000,
      log_level: 4,
      log_file: "restore.log",
      ext_mnt: [{ key: "/etc/hosts", val: "/run/hosts" }],
      cg_root: [
        { ctrl: "cpu", path: "/a" },
        { ctrl: "", path: "/b" },
      ],
      inherit_fd: [{ key: "extRootNetNS", fd: 4 }],
      external: ["net[4026]:extRootNetNS"],
      join_ns: [{ ns: "ipc", ns_file: "/proc/9/ns/ipc" }],
    });
    expect(wordsOf(opts)).toEqual([
      "--tcp-established",
      "--restore-sibling",
      "--verbosity=4",
      "--log-file=restore.log",
      "--root=/run/root",
      "--external=net[4026]:extRootNetNS",
      "--external=mnt[/etc/hosts]:/run/hosts",
      "--cgroup-root=cpu:/a",
      "--cgroup-root=:/b",
      "--inherit-fd=fd[4]:extRootNetNS",
      "--join-ns=ipc:/proc/9/ns/ipc",
      "--empty-ns=net",
      "--manage-cgroups=soft",
    ]);
    const settings = createSettings();
    parseWords(wordsOf(opts), RESTORE_OPTIONS, settings);
    expect(settings.restore).toMatchObject({
      sibling: true,
      tcpEstablished: true,
      inheritFd: { extRootNetNS: 4 },
      external: ["net[4026]:extRootNetNS", "mnt[/etc/hosts]:/run/hosts"],
    });
  });

  it("are refused by name where nothing serves them", () => {
    expect(() => wordsOf(received({ exec_cmd: ["true"] }))).toThrow("exec_cmd is an option of CRIU");
    const unknown = Uint8Array.of(...encodeMessage(criuOpts, { images_dir_fd: 8 } as Input), 0xa8, 0x06, 1);
    expect(() => wordsOf(decodeMessage(criuOpts, unknown))).toThrow("fields 101");
  });

  it.each([
    [{ manage_cgroups: false }, "--manage-cgroups=ignore"],
    [{ manage_cgroups: true, manage_cgroups_mode: 4 }, "--manage-cgroups=full"],
    [{ network_lock: 3 }, "--network-lock=skip"],
    [{ ghost_limit: 4096 }, "--ghost-limit=4096"],
    [{ cpu_cap: 0 }, "--cpu-cap=none"],
    [{ cpu_cap: 0xffff_ffff }, "--cpu-cap=none,fpu,cpu,ins"],
    [{ cpu_cap: 4 }, "--cpu-cap=none,ins"],
  ])("%j is %s", (opts, word) => {
    expect(wordsOf(received(opts))).toEqual([word]);
  });
});
