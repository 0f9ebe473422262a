// SPDX-License-Identifier: Apache-2.0

/**
 * Where a counter counts: "served", the answers to clients; "backend", what backends answered, copies of requests
 * included, which no client hears of.
 */
export type CounterPlace = 'served' | 'backend';

/** What one counter of a route counts. */
export type CounterSeries = {
  readonly place: CounterPlace;
  readonly route: string;
  /** Status of the answers; undefined when Skipper does not tell, as of backends. */
  readonly code: string | undefined;
} & (
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' }
  /** `le`: upper bound in seconds. */
  | { readonly kind: 'bucket'; readonly le: number }
  /** Requests without any answer; in no other counter of their place. */
  | { readonly kind: 'unanswered' }
);

const seriesText = /^skipper_(serve_route|backend)_(?:duration_seconds_(bucket|sum|count)|(error_total))\{(.*)\}$/;
const label = /\s*([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?\s*/y;

/** Reads a series such as `skipper_serve_route_duration_seconds_count{code="200",route="kube_…"}`; undefined for others. */
export function parseSeries(text: string): CounterSeries | undefined {
  const [, family, kind, total, body] = seriesText.exec(text) ?? [];
  const labels = body === undefined ? undefined : parseLabels(body);
  const route = labels?.get('route');
  if (labels === undefined || route === undefined) return undefined;
  const common: SeriesOf = {
    place: family === 'backend' ? 'backend' : 'served',
    route,
    code: nonEmpty(labels.get('code')),
  };
  return total === undefined
    ? histogramSeries(common, kind, labels.get('le') ?? '')
    : { kind: 'unanswered', ...common };
}

type SeriesOf = Pick<CounterSeries, 'place' | 'route' | 'code'>;

function histogramSeries(common: SeriesOf, kind: string | undefined, bound: string): CounterSeries | undefined {
  if (kind === 'count' || kind === 'sum') return { kind, ...common };
  const le = boundOf(bound);
  return Number.isNaN(le) ? undefined : { kind: 'bucket', le, ...common };
}

/** Escapes stay as they are: none of the labels that matter can hold one. */
function parseLabels(body: string): ReadonlyMap<string, string> | undefined {
  const labels = new Map<string, string>();
  label.lastIndex = 0;
  while (label.lastIndex < body.length) {
    const [, name, value] = label.exec(body) ?? [];
    if (name === undefined || value === undefined) return undefined;
    labels.set(name, value);
  }
  return labels;
}

/** To Prometheus an empty label is none. */
function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function boundOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '' ? Number.NaN : Number(text);
}
