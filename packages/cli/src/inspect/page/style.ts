/** The style of the page: colors for light and dark screens, and nothing that is loaded from elsewhere. */
export const STYLE = `
:root { color-scheme: light dark;
  --back: #fbfbfa; --card: #fff; --line: #dcdcd8; --text: #1c1d1f; --faint: #5d6066; --accent: #1d5fc2; --alarm: #b3261e; --bar: #b9cdec;
  --code: #4f7fd6; --file: #86a7e0; --heap: #d98a2b; --stack: #b04a7a; --anonymous: #e0b15e; --shared: #3f9c78; --kernel: #9a9da3; --other: #7d7f9e;
  --stage: #b9cdec; --program: #9fd0b8; --tap: #e9cf97; }
@media (prefers-color-scheme: dark) { :root {
  --back: #16171a; --card: #1e2024; --line: #34373d; --text: #e6e6e3; --faint: #a2a6ad; --accent: #8ab4f8; --alarm: #ff9a90; --bar: #35507c;
  --code: #5f8de0; --file: #3f5f99; --heap: #c9832e; --stack: #b85c89; --anonymous: #8a6a2c; --shared: #3a8a6b; --kernel: #6f7278; --other: #6a6c8c;
  --stage: #35507c; --program: #2d6049; --tap: #6b5523; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; } h3 { font-size: .95rem; margin: 1rem 0 .3rem; color: var(--faint); }
p { margin: .3rem 0; } a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
nav { display: flex; gap: 1.2rem; flex-wrap: wrap; padding: .6rem 0; border-bottom: 1px solid var(--line); position: sticky; top: 0; background: var(--back); z-index: 2; }
code, td, .mono, .tree { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85rem; }
.faint { color: var(--faint); } .alarm { color: var(--alarm); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; margin: .6rem 0; overflow-x: auto; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .6rem; margin: 1rem 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .5rem .8rem; }
.figures b { display: block; font-size: 1.3rem; } .figures span { color: var(--faint); font-size: .85rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; font-size: .8rem; color: var(--faint); }
th, td { padding: .15rem .9rem .15rem 0; vertical-align: top; white-space: nowrap; } th:not(:last-child) { width: 1%; } td.long { white-space: normal; overflow-wrap: anywhere; min-width: 14rem; }
td.number, th.number { text-align: right; } tr:hover td { background: color-mix(in srgb, var(--accent) 9%, transparent); }
details > summary { cursor: pointer; } details > summary::marker { color: var(--faint); }
.tree { list-style: none; margin: 0; padding-left: 1.3rem; border-left: 1px solid var(--line); } .card > .tree { border: 0; padding: 0; }
.tree li { padding: .1rem 0; } .badge { border: 1px solid var(--line); border-radius: 9px; padding: 0 .5em; font-size: .75rem; color: var(--faint); }
.bar { display: inline-block; height: .6em; background: var(--bar); border-radius: 2px; min-width: 1px; }
.map { display: flex; height: 1.6rem; margin: .5rem 0; border-radius: 3px; overflow: hidden; } .map span { min-width: 2px; border-right: 1px solid var(--card); } .map .gap { background: none; min-width: 5px; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .8rem; color: var(--faint); } .legend i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; vertical-align: -.05em; }
.code { background: var(--code); } .file { background: var(--file); } .heap { background: var(--heap); } .stack { background: var(--stack); }
.anonymous { background: var(--anonymous); } .shared { background: var(--shared); } .kernel { background: var(--kernel); } .other { background: var(--other); }
.timeline { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: 2px .8rem; align-items: center; font-size: .78rem; min-width: 40rem; }
.timeline .row { position: relative; height: 1.35rem; background: color-mix(in srgb, var(--line) 35%, transparent); border-radius: 3px; overflow: hidden; }
.timeline .row span { position: absolute; top: 1px; bottom: 1px; min-width: 2px; border-radius: 2px; overflow: hidden; white-space: nowrap; padding-left: 3px; font-size: .72rem; line-height: 1.2rem; }
.timeline .row i { position: absolute; top: 0; bottom: 0; width: 2px; background: var(--accent); }
.timeline .stage { background: var(--stage); } .timeline .phase { background: var(--stage); } .timeline .program { background: var(--program); } .timeline .tap { background: var(--tap); }
.timeline .row .failed { background: var(--alarm); color: var(--back); } .timeline .axis { background: none; height: 1.2rem; color: var(--faint); } .timeline .axis b { position: absolute; font-weight: normal; border-left: 1px solid var(--line); padding-left: 3px; }
.legend .stage { background: var(--stage); } .legend .program { background: var(--program); } .legend .tap { background: var(--tap); }
`;
