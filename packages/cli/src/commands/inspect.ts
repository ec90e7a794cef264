import { RestoreError } from "@restage/core";
import { PluginDriver } from "@restage/core/internal";
import { createRestoreHooks, guard, ImageSet, openSource, RESTORE } from "@restage/core/restore";
import { type ImageSource, imageToJson, readImage } from "@restage/images";
import { defaultPlugins } from "@restage/plugins/restore";
import { EXIT } from "../exit-codes.ts";
import { printPage } from "../inspect/page/page.ts";
import { readTrace } from "../inspect/page/trace.ts";
import { printSummary } from "../inspect/print-summary.ts";
import { type Summary, summarize } from "../inspect/summarize.ts";
import { printViews } from "../inspect/views.ts";
import type { Settings } from "../options/settings.ts";
import { writeOwnFile } from "../own-file.ts";
import { print } from "../report/print.ts";
import { requestOf } from "../request.ts";

/** Shows a checkpoint as it is, as far as it can be read: its tasks with files and memory, or one decoded image. Needs no privileges. Returns the exit code. */
export async function inspectCommand(settings: Settings, image: string | undefined): Promise<number> {
  checkOutput(settings, image);
  const { images, plugins = [] } = await requestOf(settings, "restore");
  // Only the location of the images comes from plugins: what they make of entries is not part of the checkpoint. The defaults are there because plugins
  // can need their duties and order taps before theirs.
  const { hooks } = new PluginDriver(RESTORE, defaultPlugins(), plugins, () => {});
  const source = openSource(images, hooks);
  if (image !== undefined) print(`${JSON.stringify(decode(source, image), undefined, 2)}\n`);
  else {
    const summary = summarize(new ImageSet(source, createRestoreHooks()));
    const text = settings.views.length === 0 ? printSummary : (summary: Summary) => printViews(settings.views, summary);
    if (settings.page !== undefined) {
      const trace = settings.trace === undefined ? undefined : readTrace(settings.trace);
      writeOwnFile(settings.page, printPage(summary, trace, source.description));
    } else print(settings.json ? `${JSON.stringify(summary)}\n` : text(summary));
    if (summary.damaged.length > 0) return EXIT.FAILED;
  }
  return EXIT.OK;
}

/** Refuses what would be ignored: the command shows one thing in one way. */
function checkOutput({ page, trace, json, views: [view] }: Settings, image: string | undefined): void {
  const refuse = (message: string, hint: string) => {
    throw new RestoreError("ERR_OPTION", message, { hint });
  };
  if (trace !== undefined && page === undefined)
    refuse("--trace adds a timeline to a page", "name the page: --html FILE");
  if (page !== undefined && image !== undefined)
    refuse(
      "--html writes a page of the whole checkpoint, not of one image",
      "leave out --html or the name of the image",
    );
  if (page !== undefined && json) refuse("--html and --json cannot be combined", "leave out one of them");
  if (view === undefined) return;
  if (page !== undefined) refuse(`--html and --${view} cannot be combined`, "leave out one of them");
  if (json) refuse(`--json and --${view} cannot be combined`, "leave out one of them");
  if (image !== undefined)
    refuse(
      `--${view} is about the whole checkpoint, not about one image`,
      `leave out --${view} or the name of the image`,
    );
}

function decode(source: ImageSource, name: string): object {
  const image = guard(() => readImage(source, name));
  if (image !== undefined) return imageToJson(image, { payload: "size" }) as object;
  throw new RestoreError("ERR_IMAGE", `Cannot read ${name}: the checkpoint has no such image`, {
    hint: `it has ${source.list().join(", ")}`,
  });
}
