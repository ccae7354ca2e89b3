// The planner's editor (网格规划): tree and search | map | figures, faults and steps; every change is looked at before Enter.

import { start } from "../shell.js";
import { Editor } from "../plans/editor.js";

start(async (me) => {
  const id = Number(location.pathname.split("/").pop());
  await new Editor(id, me).open();
});
