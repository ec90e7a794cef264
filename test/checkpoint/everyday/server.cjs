// Counts visitors by path, and has a secret, both in memory only.
const secret = require("node:crypto").randomUUID();
const visitors = new Map();
setInterval(() => visitors.set("ticks", (visitors.get("ticks") ?? 0) + 1), 10);
require("node:http")
  .createServer((request, response) => {
    visitors.set(request.url, (visitors.get(request.url) ?? 0) + 1);
    response.setHeader("connection", "close");
    response.end(JSON.stringify({ secret, visitors: Object.fromEntries(visitors) }));
  })
  .listen(8095, "127.0.0.1");
