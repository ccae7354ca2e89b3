// What classic scripts put into the page before the modules start.
import * as Leaflet from "leaflet";

declare global {
  /** The map that the page frame made. */
  const district_map: Leaflet.Map;
  const L: typeof Leaflet & {
    heatLayer(points: [number, number, number][], options?: object): Leaflet.Layer;
  };

  /** GeoJSON as this service sends it: the id is the code, properties are flat. */
  interface Feature {
    type: "Feature";
    id: string;
    geometry: any;
    properties: Record<string, any>;
  }
  interface FeatureList {
    type: "FeatureCollection";
    features: Feature[];
    numberMatched?: number;
    links?: { rel: string; href: string }[];
  }
  /** One row of a coverage answer; share is null when nothing is known. */
  interface CoverageRow {
    code: string;
    name: string;
    numerator: number;
    denominator: number;
    unknown: number;
    share: number | null;
  }
  interface Coverage {
    as_of: string;
    level: string;
    basis: string;
    basis_text: Record<string, string>;
    standalone: boolean;
    rows: CoverageRow[];
    total: CoverageRow;
  }
  interface Me {
    username: string;
    name: string;
    roles: string[];
    areas: { code: string; name: string; level: string }[];
    demo: boolean;
    business_date: string;
    csrf: string | null;
    must_change_password: boolean;
  }
}
