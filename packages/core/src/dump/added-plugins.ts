import type { Plugin } from "../plugin/plugin.ts";
import { defineService, type Service } from "../plugin/service.ts";

/** The plugins that were added to the defaults; a restore of the images may need them. Provided by every checkpoint. */
export const AddedPlugins: Service<readonly Plugin[]> = defineService<readonly Plugin[]>("added-plugins");
