// Painting units into the active package (涂选): a stroke over the map takes every unit that it touches.

import { byId } from "../dom.js";
import { district } from "../map.js";
import { inside } from "../plans/line.js";

/** Pixels around the pointer that paint: communities are small when the whole district is in sight. */
const ROUND = 7;
/** Pixels between two looks along a fast stroke. */
const STEP = 5;

export class Brush {
  /** @param {{units: () => Feature[], begin: (out: boolean) => boolean, paint: (units: Feature[]) => void, end: () => void, cancel: () => void, turned: (on: boolean, out: boolean) => void}} act
   *   what may be painted; whether a stroke may begin, which puts units in or takes them out; units newly touched; the stroke is over, or was broken off; the brush was taken up or put down */
  constructor(act) {
    this.act = act;
    this.on = false;
    /** Whether it takes units out of their packages; Alt turns that round for a stroke. */
    this.out = false;
    /** @type {{at: import("leaflet").Point, seen: Set<string>, near: {unit: Feature, box: import("leaflet").LatLngBounds}[], pointer: number} | null} */
    this.stroke = null;
    /** @type {import("leaflet").CircleMarker | null} */
    this.ring = null;
    const box = district.getContainer();
    box.addEventListener("pointerdown", (event) => this.begin(event), true);
    box.addEventListener("mousedown", (event) => this.on && !event.button && isMap(event) && (event.preventDefault(), event.stopPropagation()), true);
    box.addEventListener("click", (event) => this.on && isMap(event) && event.stopPropagation(), true);
    box.addEventListener("pointermove", (event) => this.move(event));
    document.addEventListener("pointerup", (event) => this.end(event));
    document.addEventListener("pointercancel", (event) => this.end(event));
    byId("brush").addEventListener("click", () => this.set(!this.on || this.out));
    byId("brush-out").addEventListener("click", () => this.set(!this.on || !this.out, true));
  }

  /** @param {boolean} on @param {boolean} [out] */
  set(on, out = false) {
    if (on === this.on && out === this.out) return;
    [this.on, this.out] = [on, on && out];
    if (this.stroke) (this.stroke = null, this.act.cancel());
    byId("brush").setAttribute("aria-pressed", String(on && !out));
    byId("brush-out").setAttribute("aria-pressed", String(this.out));
    // First, as who puts the lasso down gives the pointer back.
    this.act.turned(on, out);
    district.getContainer().classList.toggle("drawing", on);
    district.dragging[on ? "disable" : "enable"]();
    this.ring?.remove();
    this.ring = null;
  }

  /** @param {PointerEvent} event */
  begin(event) {
    if (!this.on || event.button || !isMap(event)) return;
    event.stopPropagation();
    if (!this.act.begin(event.altKey !== this.out)) return;
    const near = this.act.units().filter((unit) => unit.geometry).map((unit) => ({ unit, box: L.geoJSON(/** @type {any} */ (unit.geometry)).getBounds() }));
    this.stroke = { at: district.mouseEventToContainerPoint(event), seen: new Set(), near, pointer: event.pointerId };
    this.touch([this.stroke.at]);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.on) return;
    const at = district.mouseEventToContainerPoint(event);
    this.follow(at);
    if (!this.stroke || event.pointerId !== this.stroke.pointer) return;
    const from = this.stroke.at;
    const steps = Math.max(1, Math.ceil(from.distanceTo(at) / STEP));
    this.stroke.at = at;
    this.touch(Array.from({ length: steps }, (_, i) => from.add(at.subtract(from).multiplyBy((i + 1) / steps))));
  }

  /** @param {PointerEvent} event */
  end(event) {
    if (!this.stroke || event.pointerId !== this.stroke.pointer) return;
    const broken = event.type === "pointercancel";
    this.stroke = null;
    this.act[broken ? "cancel" : "end"]();
  }

  /** The ring that shows how far the brush reaches. @param {import("leaflet").Point} at */
  follow(at) {
    const spot = district.containerPointToLatLng(at);
    if (this.ring) this.ring.setLatLng(spot);
    else this.ring = L.circleMarker(spot, { pane: "highlight", interactive: false, radius: ROUND, color: "#0b2f56", weight: 1.5, fillOpacity: 0.12 }).addTo(district);
  }

  /** @param {import("leaflet").Point[]} points */
  touch(points) {
    const { stroke } = this;
    if (!stroke) return;
    const spots = points.flatMap((at) => [[0, 0], [ROUND, 0], [-ROUND, 0], [0, ROUND], [0, -ROUND]].map(([x, y]) => district.containerPointToLatLng(at.add(L.point(x, y)))));
    const fresh = stroke.near.filter(({ unit, box }) => !stroke.seen.has(unit.id) && spots.some((spot) => box.contains(spot) && inside([spot.lng, spot.lat], unit.geometry)));
    for (const { unit } of fresh) stroke.seen.add(unit.id);
    if (fresh.length) this.act.paint(fresh.map(({ unit }) => unit));
  }
}

/** Controls over the map keep their own clicks. @param {Event} event */
export function isMap(event) {
  return event.target instanceof Element && !event.target.closest(".leaflet-control");
}
