import { itComesBack } from "./comes-back.ts";
import { describeDumped } from "./dumpers.ts";

describeDumped("process trees", () => {
  itComesBack("are restored with sessions, groups and parents of all shapes", "tree-shapes");
});
