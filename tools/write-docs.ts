/** Writes what is made from the sources, pages of `docs` and the schema of configurations: `npm run docs`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ERRORS } from "../packages/core/src/errors.ts";
import { defaultDumpPlugins } from "../packages/plugins/src/dump.ts";
import { defaultPlugins } from "../packages/plugins/src/mod.ts";
import { NOT_YET } from "../test/cases/not-yet.ts";
import { kernelsPage } from "../test/kernels/page.ts";
import { REASONS } from "../test/kernels/reasons.ts";
import { readAllResults } from "../test/kernels/results.ts";
import { configSchema } from "./config-schema.ts";
import { errorsPage, optionsPage, stagesPage, supportPage } from "./docs-pages.ts";
import { ERROR_EXAMPLES } from "./error-examples.ts";
import { referencePage } from "./reference-page.ts";
import { supportRows } from "./support-rows.ts";

const docs = join(import.meta.dirname, "../docs");
writeFileSync(join(docs, "errors.md"), errorsPage(ERRORS, ERROR_EXAMPLES));
writeFileSync(join(docs, "stages.md"), stagesPage(defaultPlugins(), defaultDumpPlugins()));
const support = await supportRows();
writeFileSync(join(docs, "support.md"), supportPage(support, NOT_YET));
writeFileSync(join(docs, "kernels.md"), kernelsPage(readAllResults(), REASONS, support));
writeFileSync(join(docs, "options.md"), optionsPage());
writeFileSync(join(docs, "reference.md"), referencePage());
writeFileSync(join(docs, "../packages/cli/restage.schema.json"), configSchema());
