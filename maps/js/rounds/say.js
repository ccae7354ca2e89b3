// Figures and sentences of a round: the service words its findings in both languages, money is exact text or whole fen.

import { language, MISSING, num } from "../words.js";

/** A sentence of the service in the reader's language. @param {any} one */
export function told(one) {
  return one?.[language] ?? one?.zh ?? one?.text ?? "";
}

/** Yuan from whole fen: 1,234.50. @param {number | null | undefined} fen */
export function fromFen(fen) {
  return fen === null || fen === undefined ? MISSING : num(fen / 100, 2);
}

/** Yuan as the service writes them, with separators and no digit lost. @param {string | null | undefined} text */
export function exact(text) {
  if (text === null || text === undefined) return MISSING;
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!found) return text;
  return `${found[1] ? "−" : ""}${found[2].replace(/\B(?=(\d{3})+$)/g, ",")}${found[3] ? `.${found[3]}` : ""}`;
}

/** Whole fen from yuan as typed; null where it is no amount. @param {string} text */
export function toFen(text) {
  const clean = text.replace(/[\s,，¥￥元]/g, "");
  const found = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(clean);
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0") || 0) : null;
}

/** A day some years or days on. @param {string} date yyyy-mm-dd @param {{years?: number, days?: number}} by */
export function onwards(date, { years = 0, days = 0 }) {
  const [year, month, dayOfMonth] = date.split("-").map(Number);
  const last = new Date(Date.UTC(year + years, month, 0)).getUTCDate();
  const moved = new Date(Date.UTC(year + years, month - 1, Math.min(dayOfMonth, last)));
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}
