// SPDX-License-Identifier: Apache-2.0

/** What one counter of the served-route histogram counts. */
export type CounterSeries = {
  readonly route: string;
  /** Status of the answers; undefined when Skipper does not tell. */
  readonly code: string | undefined;
} & (
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' }
  /** `le`: upper bound in seconds. */
  | { readonly kind: 'bucket'; readonly le: number }
);

const seriesText = /^(bucket|sum|count)\{(.*)\}$/;
const label = /\s*([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?\s*/y;

/** Reads a series such as `bucket{code="200",method="GET",route="kube_…",le="0.5"}`; undefined when it is none. */
export function parseSeries(text: string): CounterSeries | undefined {
  const [, kind, body] = seriesText.exec(text) ?? [];
  const labels = body === undefined ? undefined : parseLabels(body);
  const route = labels?.get('route');
  if (labels === undefined || route === undefined) return undefined;
  const common = { route, code: nonEmpty(labels.get('code')) };
  if (kind === 'count' || kind === 'sum') return { kind, ...common };
  const le = boundOf(labels.get('le') ?? '');
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
