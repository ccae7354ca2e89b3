// Which encoding a file's texts are in (编码): every candidate with the first names as they would then read.

import { el } from "../dom.js";
import { t } from "../words.js";

/** @typedef {{encoding: string, reason: string, fits: boolean, texts: string[]}} Candidate */

const TITLE = /** @type {Record<string, string>} */ ({ "utf-8": "UTF-8", gb18030: "GB18030 / GBK", big5: "Big5", "utf-16": "UTF-16", cp1252: "Windows 1252", cp932: "Shift-JIS", cp949: "EUC-KR" });

/**
 * @param {Candidate[]} candidates the first is the one that was taken @param {string} chosen @param {(encoding: string) => void} changed
 */
export function encodingBox(candidates, chosen, changed) {
  if (!candidates.length) return null;
  const taken = chosen || candidates[0].encoding;
  return el("fieldset", { class: "choices", id: "encodings" }, el("legend", {}, t("imports.encoding")),
    ...candidates.map((one) => el("label", { class: "choice" },
      el("input", { type: "radio", name: "encoding", value: one.encoding, checked: one.encoding === taken, on: { change: () => changed(one.encoding) } }),
      el("strong", {}, TITLE[one.encoding] ?? one.encoding),
      one.reason ? el("span", { class: "tag info" }, t("imports.by", { what: one.reason })) : null,
      one.fits ? null : el("span", { class: "tag bad" }, t("imports.unfit")),
      el("span", { class: "sample" }, one.texts.join("　")))));
}
