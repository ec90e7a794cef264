/** The dashboard: one page that needs nothing else. All data reaches it as text, never as HTML. */
export const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Restage fleet</title>
<style>
  :root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
  body { max-width: 70rem; margin: 1rem auto; padding: 0 1rem; }
  h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
  .failed { color: #c33; } .none { opacity: .6; }
  #stages { font-family: ui-monospace, monospace; font-size: .85rem; white-space: pre-wrap; }
</style>
<h1>Restage fleet <small id="status" class="none">loading</small></h1>
<main></main>
<h2>Stages</h2>
<div id="stages"></div>
<script type="module">
  const MOST = 200;
  const main = document.querySelector("main");
  const stages = document.querySelector("#stages");
  const status = document.querySelector("#status");
  const labels = (all) => Object.entries(all).map(([key, value]) => key + "=" + value).join(" ");
  const mebibytes = (size) => (size / 1048576).toFixed(1) + " MiB";
  const time = (at) => new Date(at).toLocaleTimeString();
  const TABLES = [
    ["Hosts", "hosts", ["Name", "Labels", "Since"], ({ name, labels: all, since }) => [name, labels(all), time(since)]],
    ["Trees", "trees", ["Name", "Host", "Process", "Checkpoint", "State"],
      ({ name, host, pid, checkpoint, state }) => [name, host, pid, checkpoint, state]],
    ["Orders", "orders", ["Id", "Kind", "State", "Host", "Stage", "Failure"],
      ({ id, kind, state, host, failure }) => [id, kind, state, host, reached.get(id) ?? "", failure]],
    ["Checkpoints", "checkpoints", ["Name", "Size", "Created"], ({ name, size, created }) => [name, mebibytes(size), created.slice(0, 19).replace("T", " ")]],
  ];
  /** The last stage of each order. */
  const reached = new Map();

  function element(name, content, className = "") {
    const made = document.createElement(name);
    if (className !== "") made.className = className;
    made.append(...[content].flat().map((part) => part instanceof Node ? part : String(part)));
    return made;
  }

  function table([title, key, heads, cells], rows) {
    const body = rows.map((row) => element("tr", cells(row).map((cell) => element("td", cell ?? "")), row.state ?? ""));
    const content = rows.length === 0
      ? element("p", "none", "none")
      : element("table", [element("thead", element("tr", heads.map((head) => element("th", head)))), element("tbody", body)]);
    const section = element("section", [element("h2", title + " (" + rows.length + ")"), content]);
    section.id = key;
    return section;
  }

  async function load() {
    try {
      const state = await (await fetch("state")).json();
      main.replaceChildren(...TABLES.map((each) => table(each, state[each[1]])));
      status.textContent = time(Date.now());
      status.className = "none";
    } catch (error) {
      status.textContent = "the agent does not answer: " + error.message;
      status.className = "failed";
    }
    setTimeout(load, 1000);
  }

  new EventSource("events").onmessage = ({ data }) => {
    const { order, host, kind, stage, state, milliseconds, error, text, at } = JSON.parse(data);
    if (stage !== undefined) reached.set(order, stage);
    const words = [time(at), order, host, kind, stage, state, milliseconds?.toFixed(1), text, error?.message];
    const line = element("div", words.filter((word) => word !== undefined).join("  "), error === undefined ? "" : "failed");
    stages.prepend(line);
    if (stages.childElementCount > MOST) stages.lastElementChild.remove();
  };
  load();
</script>
</html>
`;
