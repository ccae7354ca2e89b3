// Words and numbers: everything a page says goes through here.

/** @type {{words: Record<string, Record<string, string>>, language: string, classes: any, kinds?: Record<string, {name: string, header: string}[]>,
 * formats?: import("./imports/exporting.js").Format[], shapeless?: string[], unnamed?: {zh: string, en: string}}} */
export const constants = JSON.parse(document.getElementById("constants")?.textContent ?? "{}");

export const language = constants.language;
const zh = language === "zh";
export const MISSING = "—";

/**
 * The text for `section.word`, with `{name}` filled from values and `{name:community|communities}` chosen by them: the first
 * for one, the second for any other number; the key itself when there is none.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const dot = key.indexOf(".");
  const text = constants.words[key.slice(0, dot)]?.[key.slice(dot + 1)] ?? key;
  return text.replace(/\{(\w+)(?::([^|{}]*)\|([^|{}]*))?\}/g, (all, name, one, more) =>
    (!(name in values) ? all : one === undefined ? String(values[name]) : String(values[name]) === "1" ? one : more));
}

/** The word for a code of the domain (a mode, a kind, a role); the code when it is not in the dictionary.
 * @param {string} section @param {string | null | undefined} code */
export function named(section, code) {
  if (code === null || code === undefined || code === "") return MISSING;
  return constants.words[section]?.[code] ?? code;
}

/** 12,345, or — for what is not known. @param {number | null | undefined} value @param {number} [digits] */
export function num(value, digits = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

/** 86.4 %. @param {number | null | undefined} share @param {number} [digits] */
export function pct(share, digits = 1) {
  return share === null || share === undefined || Number.isNaN(share) ? MISSING : `${num(share * 100, digits)} %`;
}

/** Square metres: 1.2 万平方米 from ten thousand on. @param {number | null | undefined} value */
export function squareMetres(value) {
  if (value === null || value === undefined) return MISSING;
  if (!zh) return `${num(value)} m²`;
  return value >= 10000 ? `${num(value / 10000, 1)} 万平方米` : `${num(value)} 平方米`;
}

/** 2026年11月1日 from 2026-11-01 (also from a time stamp). @param {string | null | undefined} iso */
export function day(iso) {
  const found = /^(\d{4})-(\d{2})-(\d{2})/.exec(iso ?? "");
  if (!found) return MISSING;
  return zh ? `${found[1]}年${Number(found[2])}月${Number(found[3])}日` : found[0];
}

/** Date and minute of a time stamp in the reader's time zone. @param {string | null | undefined} iso */
export function moment(iso) {
  if (!iso) return MISSING;
  const when = new Date(iso);
  if (Number.isNaN(when.getTime())) return MISSING;
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  const date = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
  return `${date} ${two(when.getHours())}:${two(when.getMinutes())}`;
}

/** 是 / 否 / —. @param {boolean | null | undefined} value */
export function yesNo(value) {
  return value === null || value === undefined ? MISSING : t(value ? "common.yes" : "common.no");
}
