import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vitepress";

const vitepress = fileURLToPath(import.meta.resolve("vitepress"));
const vue = dirname(createRequire(vitepress).resolve("vue/package.json"));

/** Resolves Vue, which VitePress depends on and pages outside of this directory do not find. Pages are rendered with the copy that VitePress runs. */
const findVue: Plugin = {
  name: "find-vue",
  enforce: "pre",
  async resolveId(id, _importer, { ssr }) {
    if (id !== "vue" && !id.startsWith("vue/")) return null;
    if (ssr === true) return { id: join(vue, id.slice("vue".length), "index.mjs"), external: true };
    return await this.resolve(id, vitepress, { skipSelf: true });
  },
};

const page = (text: string, link: string) => ({ text, link: `/${link}` });

/** The repository is the source: its pages have the paths and the links that they have there. Dead links fail the build. */
export default defineConfig({
  srcDir: "..",
  srcExclude: [
    "{.ci,bench,node_modules,packages,test,tools}/**",
    "site/{.vitepress,dist,node_modules}/**",
    "examples/*/**",
  ],
  rewrites: { "site/index.md": "index.md" },
  outDir: "dist",
  cacheDir: "node_modules/.cache",
  cleanUrls: true,
  title: "Restage",
  description: "Checkpoint and restore for Linux process trees, with a hook at every stage",
  markdown: { anchor: { slugify } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      page("Guide", "README"),
      page("Plugins", "docs/plugin-guide"),
      page("Support", "docs/support"),
      { text: "API", link: "/api/index.html", target: "_self" },
    ],
    sidebar: [
      {
        text: "Use it",
        items: [
          page("What Restage is", "README"),
          page("The command", "docs/cli"),
          page("Containers", "docs/containers"),
          page("Lazy pages", "docs/lazy-pages"),
          page("Clones", "docs/clones"),
          page("Many hosts", "docs/fleet"),
          page("Support", "docs/support"),
          page("Other kernels", "docs/kernels"),
          page("Measurements", "docs/measurements"),
        ],
      },
      {
        text: "Write plugins",
        items: [
          page("Plugin guide", "docs/plugin-guide"),
          page("Ready-made plugins", "docs/ready-made-plugins"),
          page("Recipes", "docs/recipes"),
          page("Hooks and system calls", "docs/reference"),
          page("Stages and phases", "docs/stages"),
          page("Examples", "examples/README"),
        ],
      },
      {
        text: "Look up",
        items: [page("Options", "docs/options"), page("Errors", "docs/errors"), page("Glossary", "docs/glossary")],
      },
      {
        text: "The project",
        items: [
          page("Architecture", "docs/architecture"),
          page("Contributing", "CONTRIBUTING"),
          page("Security", "SECURITY"),
          page("Changelog", "CHANGELOG"),
        ],
      },
    ],
  },
  vite: { plugins: [findVue] },
});

/** The anchor of a heading, as GitHub makes it, so that links work in both places. */
function slugify(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, "")
    .replaceAll(" ", "-");
}
