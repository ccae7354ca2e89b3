// The one way to the service.  Every address that a page asks stands here.

import { language, named, t } from "./words.js";

export const paths = {
  me: "/api/me",
  session: "/api/session",
  choose: "/api/session/choose",
  appoint: "/api/session/appoint",
  setPassword: "/api/session/password",
  password: "/api/password",
  summary: "/api/summary",
  census: "/api/census",
  basemaps: "/api/basemaps",
  coverage: "/api/coverage",
  unserved: "/api/coverage/unserved",
  pool: "/api/coverage/pool",
  search: "/api/search",
  plans: "/api/plans",
  bundleJobs: "/api/bundles/jobs",
  judged: "/api/bundles/pool",
  weigh: "/api/bundles/check",
  bundleLinks: "/api/bundles/links",
  strays: "/api/bundles/strays",
  rounds: "/api/rounds",
  bidders: "/api/bidders",
  expiring: "/api/tender/expiring",
  trials: "/api/tender/trials",
  inbox: "/api/inbox",
  inboxRead: "/api/inbox/read",
  /** @param {string} code of a district */
  bidding: (code) => `/api/districts/${code}/bidding`,
  imports: "/api/imports",
  surveys: "/api/surveys",
  /** @param {string} code of a community or a stand-alone building */
  surveyed: (code) => `/api/units/${encodeURIComponent(code)}/surveys`,
  controlPoints: "/api/control-points",
  jobs: "/api/jobs",
  matchings: "/api/matchings",
  /** @param {string} district */
  scores: (district) => `/api/districts/${district}/matching`,
  /** @param {number} number */
  matching: (number) => `/api/matchings/${number}`,
  people: "/api/people",
  audit: "/api/audit",
  /** @param {string} kind regions, grids, communities, building-groups, buildings, base-features, firms */
  list: (kind) => `/api/${kind}`,
  /** @param {string} kind @param {string} code */
  one: (kind, code) => `/api/${kind}/${encodeURIComponent(code)}`,
  /** @param {string} code of a community or a stand-alone building */
  stance: (code) => `/api/units/${encodeURIComponent(code)}/stance`,
  /** @param {string} kind */
  exported: (kind) => `/api/exports/${kind}`,
};

/** An answer other than success (problem+json). */
export class Problem extends Error {
  /** @param {number} status @param {Record<string, any>} body */
  constructor(status, body) {
    super(sentence(status, body));
    this.status = status;
    this.body = body;
    /** @type {string | undefined} */
    this.field = body.field;
  }
}

/**
 * A problem in the reader's language: its kind in our words and the service's sentence in Chinese; where the service has
 * none, the field at fault and the number to quote, never a sentence in another language.
 * @param {number} status @param {Record<string, any>} body
 */
function sentence(status, body) {
  const kind = String(body.type ?? "").split(":").pop() ?? "";
  const known = named("problem", kind);
  if (language === "en" || !kind) return body.detail || body.title || t("error.status", { status });
  const said = body.zh ?? [body.field && t("error.field", { field: body.field }), body.request && t("error.quote", { request: body.request })].filter(Boolean).join("，");
  const head = known === kind ? t("error.status", { status }) : known;
  return !said || said === head ? head : `${head}（${said}）`;
}

let token = "";

/** Every change carries this token from now on. @param {string} value */
export function useToken(value) {
  token = value;
}

/** @param {string} path @param {Record<string, any>} [params] those that are null, undefined or "" are left out */
export function address(path, params = {}) {
  const kept = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
  return query ? `${path}${path.includes("?") ? "&" : "?"}${query}` : path;
}

/**
 * @typedef {{body: any, etag: string | null}} Answer
 * @param {string} method @param {string} url
 * @param {{json?: any, form?: FormData, ifMatch?: string | null, signal?: AbortSignal, open?: boolean}} [options]
 * @returns {Promise<Answer>}
 */
async function ask(method, url, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (method !== "GET" && token) headers["X-CSRF-Token"] = token;
  if (options.json !== undefined) headers["Content-Type"] = "application/json";
  if (options.ifMatch) headers["If-Match"] = options.ifMatch;
  const body = options.form ?? (options.json === undefined ? undefined : JSON.stringify(options.json));
  const answer = await reach(url, { method, headers, body, signal: options.signal, credentials: "same-origin" });
  const text = await answer.text();
  const content = text && (answer.headers.get("Content-Type") ?? "").includes("json") ? JSON.parse(text) : null;
  if (answer.ok) return { body: content, etag: answer.headers.get("ETag") };
  if (answer.status === 401 && !options.open) toSignIn();
  throw new Problem(answer.status, content ?? {});
}

/** @param {string} url @param {RequestInit} init */
async function reach(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, { detail: t("error.unreachable") });
  }
}

function toSignIn() {
  const here = location.pathname + location.search;
  location.assign(address("/sign-in", { next: here }));
}

/** @param {string} path @param {Record<string, any>} [params] @param {AbortSignal} [signal] */
export async function get(path, params = {}, signal) {
  return (await ask("GET", address(path, params), { signal })).body;
}

/** The answer with its ETag, for forms that are saved with If-Match. @param {string} path */
export function getTagged(path) {
  return ask("GET", path);
}

/** @param {string} method @param {string} path @param {any} [json] @param {string | null} [ifMatch] @param {boolean} [open] */
export function send(method, path, json, ifMatch, open) {
  return ask(method, path, { json, ifMatch, open });
}

/** A file that takes its time to be made, with the name that the service gives it. @param {string} path */
export async function file(path) {
  const answer = await reach(path, { credentials: "same-origin" });
  if (answer.status === 401) toSignIn();
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  const told = answer.headers.get("Content-Disposition") ?? "";
  const name = /filename\*=utf-8''([^;]+)/i.exec(told)?.[1] ?? /filename="?([^";]+)/i.exec(told)?.[1] ?? path.split("/").pop() ?? "";
  return { body: await answer.blob(), name: decodeURIComponent(name) };
}

/**
 * Sends a form with files, and says how much of it is on its way (which fetch cannot).
 * @param {string} path @param {FormData} form @param {(share: number) => void} progress @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export function upload(path, form, progress, signal) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Accept", "application/json");
    if (token) request.setRequestHeader("X-CSRF-Token", token);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("load", () => {
      const said = /json/.test(request.getResponseHeader("Content-Type") ?? "") ? JSON.parse(request.responseText) : {};
      if (request.status === 401) toSignIn();
      return request.status < 300 ? done(said) : fail(new Problem(request.status, said));
    });
    request.addEventListener("error", () => fail(new Problem(0, { detail: t("error.unreachable") })));
    request.addEventListener("abort", () => fail(new DOMException("stopped", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/**
 * Every feature of a list, page after page; `progress` hears each page, so that a map fills while it loads.
 * @param {string} path @param {Record<string, any>} [params]
 * @param {(features: Feature[], total: number) => void} [progress]
 * @returns {Promise<Feature[]>}
 */
export async function all(path, params = {}, progress) {
  /** @type {Feature[]} */
  const features = [];
  /** @type {string | undefined} */
  let next = address(path, { limit: 1000, ...params });
  while (next) {
    /** @type {FeatureList} */
    const page = (await ask("GET", next)).body;
    features.push(...page.features);
    progress?.(page.features, page.numberMatched ?? features.length);
    const link = (page.links ?? []).find((item) => item.rel === "next");
    next = link && local(link.href);
  }
  return features;
}

/** A link of the service as an address on this host. @param {string} href */
function local(href) {
  const url = new URL(href, location.href);
  return url.pathname + url.search;
}
