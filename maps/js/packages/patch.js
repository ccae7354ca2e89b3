// A change of packages as plain values: what moved and what a package says of itself, before and after. It can be
// turned round, so undo never takes back what somebody else did meanwhile.

/** @typedef {{name: string, services: string[]}} ServiceLot */
/** @typedef {{number: number, hub: string | null, ceiling_fen: number | null}} Kept  what the service knows of a package and this page does not change */
/** @typedef {{key: number, place: number, name: string, members: string[], lots?: ServiceLot[], locked?: boolean, money?: any, way?: number | null, kept?: Kept}} Lot */
/** @typedef {{name: string, place: number, locked: boolean, lots: ServiceLot[], kept?: Kept}} Said  what a package says of itself */
/** @typedef {{units: Map<string, [number | null, number | null]>, lots: Map<number, [Said | null, Said | null]>, hubs?: Map<number, string>, back?: Map<number, string>}} Patch
 *   `hubs`: of the packages that it touches, as they were before; `back`: those that it brings back */

/** @param {Lot} lot @returns {Said} */
function said(lot) {
  return { name: lot.name, place: lot.place, locked: Boolean(lot.locked), lots: lot.lots ?? [], kept: lot.kept };
}

/** @param {Lot[]} lots @returns {Map<string, number>} unit → the key of its package */
function places(lots) {
  return new Map(lots.flatMap((lot) => lot.members.map((code) => /** @type {[string, number]} */ ([code, lot.key]))));
}

/** What leads from one list of packages to another. @param {Lot[]} before @param {Lot[]} after @returns {Patch} */
export function diff(before, after) {
  const [from, to] = [places(before), places(after)];
  const units = new Map();
  for (const code of new Set([...from.keys(), ...to.keys()])) {
    const pair = [from.get(code) ?? null, to.get(code) ?? null];
    if (pair[0] !== pair[1]) units.set(code, pair);
  }
  const [old, fresh] = [new Map(before.map((lot) => [lot.key, said(lot)])), new Map(after.map((lot) => [lot.key, said(lot)]))];
  const lots = new Map();
  for (const key of new Set([...old.keys(), ...fresh.keys()])) {
    const pair = [old.get(key) ?? null, fresh.get(key) ?? null];
    if (JSON.stringify(pair[0]) !== JSON.stringify(pair[1])) lots.set(key, pair);
  }
  return { units, lots };
}

/** @param {Lot[]} lots @param {Patch} patch @returns {Lot[]} a fresh list */
export function apply(lots, patch) {
  const made = new Map(lots.map((lot) => [lot.key, { ...lot, members: lot.members.filter((code) => !patch.units.has(code)) }]));
  for (const [key, [, after]] of patch.lots) {
    const now = made.get(key);
    if (after) made.set(key, { ...(now ?? { key, members: [] }), ...after, kept: now?.kept ?? after.kept });
    else made.delete(key);
  }
  for (const [code, [, to]] of patch.units) if (to !== null) made.get(to)?.members.push(code);
  return [...made.values()].sort((a, b) => a.place - b.place);
}

/** The change that takes a change back. @param {Patch} patch @returns {Patch} */
export function turned(patch) {
  const swap = (/** @type {Map<any, [any, any]>} */ pairs) => new Map([...pairs].map(([key, [before, after]]) => [key, /** @type {[any, any]} */ ([after, before])]));
  return { units: swap(patch.units), lots: swap(patch.lots), back: patch.hubs };
}

/** The hubs of the packages that a change touches. @param {Patch} patch @param {Lot[]} lots @returns {Map<number, string>} */
export function hubsOf(patch, lots) {
  const keys = new Set([...patch.lots.keys(), ...[...patch.units.values()].flat()]);
  return new Map(lots.flatMap((lot) => (keys.has(lot.key) && lot.kept?.hub ? [/** @type {[number, string]} */ ([lot.key, lot.kept.hub])] : [])));
}

/** What the service knows of its packages, noted on ours. @param {Lot[]} lots @param {any[]} packages */
export function keep(lots, packages) {
  for (const lot of lots) {
    const known = packages.find((one) => one.name === lot.name);
    if (known) lot.kept = { number: known.number, hub: known.hub ?? null, ceiling_fen: known.ceiling_fen === undefined ? lot.kept?.ceiling_fen ?? null : known.ceiling_fen };
  }
}

/** @param {Patch} patch */
export function isEmpty(patch) {
  return !patch.units.size && !patch.lots.size;
}

/**
 * A change as the service takes it: packages by name, as they are called after it.
 * @param {Patch} patch @param {Lot[]} after @param {(name: string) => boolean} known whether the service knows a package of that name
 */
export function asMoves(patch, after, known) {
  const names = new Map(after.map((lot) => [lot.key, lot.name]));
  const moves = [...patch.units].map(([unit, [, to]]) => ({ unit, to: to === null ? null : names.get(to) ?? null }));
  const renames = Object.fromEntries([...patch.lots.values()].filter(([old, now]) => old && now && old.name !== now.name && known(old.name)).map(([old, now]) => [old?.name, now?.name]));
  const drop = [...patch.lots.values()].filter(([old, now]) => old && !now && known(old.name)).map(([old]) => old?.name);
  const locks = Object.fromEntries(after.filter((lot) => {
    const [old, now] = patch.lots.get(lot.key) ?? [null, null];
    return now && Boolean(old?.locked) !== now.locked;
  }).flatMap((lot) => lot.members.map((code) => [code, lot.locked ? lot.name : null])));
  const made = Object.fromEntries([...patch.lots.values()].flatMap(([old, now]) => (!old && now?.kept && !known(now.name) ? [[now.name, { ...now.kept, lots: now.lots }]] : [])));
  const hubs = Object.fromEntries([...(patch.back ?? [])].flatMap(([key, hub]) => (names.has(key) ? [[names.get(key), hub]] : [])));
  return { moves, renames, locks, drop, made, hubs };
}

/** Whether a change touches the services of a package, which moves cannot say. @param {Patch} patch */
export function touchesServices(patch) {
  return [...patch.lots.values()].some(([old, now]) => old && now && JSON.stringify(old.lots) !== JSON.stringify(now.lots));
}
