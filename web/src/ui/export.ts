// The visible picture for other programs: GeoJSON (RFC 7946) and an image.
import type { Globe } from "../globe/globe.ts";
import { impactOf, stands } from "../model/missiles.ts";
import { linesOf } from "../model/regions.ts";
import { outline } from "../geo/ellipse.ts";
import * as format from "../model/format.ts";
import { nameOf, type Track } from "../model/track.ts";
import type { Store } from "../model/store.ts";
import type { GroundPoint } from "../gen/triwatch/v1/picture_pb.js";
import { clock, date, ms } from "../model/time.ts";
import { download } from "./dom.ts";

const iso = (time: number): string => new Date(time).toISOString();

const point = (track: Track, store: Store) => ({
  type: "Feature",
  id: track.id,
  geometry: { type: "Point", coordinates: [track.lon, track.lat, track.alt] },
  properties: {
    name: nameOf(track),
    time: iso(track.time),
    environment: format.ENVIRONMENT[track.environment],
    identity: format.IDENTITY[track.identity],
    status: format.STATUS[track.status],
    speed_mps: track.speed,
    course_deg: track.course,
    climb_mps: track.climb,
    position_sigma_m: track.sigma,
    quality: track.quality,
    contributors: track.contributors.map((c) => c.node),
    nations: [...new Set(track.contributors.map((c) => store.nationOf(c.node)))],
  },
});

const area = (p: GroundPoint, kind: string, warning: string) => ({
  type: "Feature",
  geometry: {
    type: "Polygon",
    // RFC 7946 wants the outer ring counter-clockwise.
    coordinates: [
      outline([p.latDeg, p.lonDeg], {
        major: p.ellipse95MajorM, minor: p.ellipse95MinorM, orientation: p.ellipseOrientationDeg,
      }).map(([lat, lon]) => [lon, lat]).reverse(),
    ],
  },
  properties: { kind, warning, time: iso(ms(p.timeNs)), probability: 0.95 },
});

/** Where a track under water may be. */
const areaOf = (track: Track) =>
  track.region?.most.length
    ? [{
        type: "Feature",
        id: `region-${track.id}`,
        geometry: { type: "MultiPolygon", coordinates: track.region.most.map(({ latLonDeg, offset }) => offset.slice(1).map((end, i) => ring(latLonDeg.slice(2 * offset[i]!, 2 * end)))) },
        properties: { kind: "where it may be", track: track.id, name: nameOf(track), time: iso(track.time), probability: 0.95, area_m2: track.region.areaM2 },
      }]
    : [];

const ring = (latLon: number[]): [number, number][] =>
  Array.from({ length: latLon.length / 2 }, (_, i) => [latLon[2 * i + 1]!, latLon[2 * i]!]);

/** The lines of bearing of what is only heard. */
const bearings = (track: Track) =>
  linesOf(track).map(({ node, time, from, to, bearing, sigma }) => ({
    type: "Feature",
    geometry: { type: "LineString", coordinates: [from, to].map(([lat, lon]) => [lon, lat]) },
    properties: { kind: "line of bearing", track: track.id, node, time: iso(time), bearing_deg: bearing, sigma_deg: sigma },
  }));

/** The tracks in the view that pass the filter, and the ellipses of the warnings that stand. */
export function geoJson(store: Store, tracks: Track[]) {
  const ellipses = store.warnings.filter(stands).flatMap((w) => [
    ...(w.flight?.launch ? [area(w.flight.launch, "launch", w.warningId)] : []),
    ...(impactOf(w) ? [area(impactOf(w)!, "impact", w.warningId)] : []),
  ]);
  return { type: "FeatureCollection", features: [...tracks.map((t) => point(t, store)), ...tracks.flatMap(areaOf), ...tracks.flatMap(bearings), ...ellipses] };
}

/** Of a file's name: whose picture, and when. */
export const stem = (store: Store): string => `triwatch-${store.view.nation.split(" ")[0]}-${iso(store.now).slice(0, 19).replaceAll(":", "")}`;

export function exportGeoJson(store: Store, globe: Globe): void {
  globe.draw();
  const data = geoJson(store, globe.screened.map((s) => s.track));
  download(`${stem(store)}.geojson`, new Blob([JSON.stringify(data)], { type: "application/geo+json" }));
}

export function exportImage(store: Store, globe: Globe): void {
  globe.draw();
  const { canvas, overlay } = globe;
  const out = document.createElement("canvas");
  out.width = canvas.width;
  out.height = canvas.height;
  const c = out.getContext("2d")!;
  c.drawImage(canvas, 0, 0);
  c.drawImage(overlay.canvas, 0, 0);
  const scale = canvas.width / globe.size.width;
  c.font = `${12 * scale}px system-ui, sans-serif`;
  c.fillStyle = getComputedStyle(document.body).color;
  const caption = `Picture of ${store.country(store.view.nation)}, ${date(store.now)} ${clock(store.now)}, exercise`;
  c.fillText(caption, 14 * scale, out.height - 14 * scale);
  out.toBlob((blob) => blob && download(`${stem(store)}.png`, blob), "image/png");
}
