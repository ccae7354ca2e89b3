// The packages of a round as a table: what each holds, where it stands, who has it.

import { el } from "../dom.js";
import { table } from "../table.js";
import { named, num, squareMetres, t } from "../words.js";
import { fromFen } from "./say.js";

/** @param {(number: number) => void} show */
export function lots(show) {
  const kind = /** @type {Record<string, string>} */ ({ awarded: "warn", contracted: "good", failed: "bad" });
  return table(/** @type {import("../table.js").Column<any>[]} */ ([
    { key: "number", label: t("round.number"), kind: "num", value: (row) => row.number },
    { key: "name", label: t("packages.name"), kind: "text wrap", value: (row) => row.name },
    { key: "units", label: t("round.units"), kind: "num", value: (row) => row.members.length },
    { key: "households", label: t("status.households"), kind: "num", value: (row) => row.households, cell: (row) => num(row.households) },
    { key: "area", label: t("status.floor_area"), kind: "num", value: (row) => row.floor_area, cell: (row) => squareMetres(row.floor_area) },
    { key: "state", label: t("round.state"), value: (row) => row.state ?? "", cell: (row) => el("span", { class: `tag ${kind[row.state] ?? ""}` }, named("package_state", row.state ?? "planned")) },
    { key: "firm", label: t("status.firm"), kind: "text wrap", value: (row) => row.firm_name ?? "", cell: (row) => row.firm_name ?? "—" },
    { key: "price", label: t("bid.price"), kind: "num", value: (row) => row.price_fen ?? null, cell: (row) => fromFen(row.price_fen) },
  ]), { code: (row) => String(row.number), caption: t("round.packages"), pick: (row) => show(row.number) });
}
