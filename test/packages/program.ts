import { definePlugin, dump, restore } from "@restage/core";
import { testPlugin } from "@restage/core/testing";
import { decodeEntries } from "@restage/images";
import { openKernel } from "@restage/linux";
import { RLIM_INFINITY } from "@restage/linux/abi";
import { defaultPlugins, sessions } from "@restage/plugins";

const mine = definePlugin({
  name: "mine",
  apply({ entries }) {
    entries.reg_files.tap("mine", (file) => ({ ...file, name: `${file.name}.new` }));
  },
});
const task = { pid: 7, sid: 7, pgid: 7 };
const lines = await testPlugin(sessions(), { stage: "FORKING", task });
(await openKernel()).close();
const functions = [restore, dump, decodeEntries, defaultPlugins].map((value) => typeof value);
console.log(JSON.stringify([mine.name, lines, functions, RLIM_INFINITY > 0n]));
