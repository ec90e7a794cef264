// Restores a web server on another port.
//
//   npm run example move-port
import { PORT, showServer, visit } from "../server/place.ts";
import { runExample } from "../support.ts";

await runExample(() =>
  showServer("move-port", async () => {
    console.log(`port 8098: ${await visit(8098)}`);
    const old = await visit(PORT).catch(() => "nobody is listening");
    console.log(`port ${PORT}: ${old}`);
  }),
);
