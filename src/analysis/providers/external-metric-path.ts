// SPDX-License-Identifier: Apache-2.0
import { MetricQueryError } from './provider.js';

export interface ExternalMetricPath {
  readonly namespace: string;
  /** Escaped for a URL. */
  readonly metric: string;
  readonly labelSelector?: string;
}

const defaultNamespace = 'default';

/** Reads "[namespace/]metric[?labelSelector=<url-encoded>]". @throws MetricQueryError when it is something else */
export function parseMetricPath(query: string): ExternalMetricPath {
  const text = query.trim();
  const mark = text.indexOf('?');
  const path = (mark === -1 ? text : text.slice(0, mark)).replace(/^\//, '');
  const [first = '', second, ...more] = path.split('/');
  if (more.length > 0)
    throw refused(
      'malformed query string, too many slashes, ' +
        `expected <namespace>/<metricName>?labelSelector=<urlencoded label selectors>, got ${text}`,
    );
  const [namespace, metric] = second === undefined ? [defaultNamespace, first] : [first, second];
  if (metric === '') throw refused('metric name cannot be empty');
  // Anything else could lead the request, which the operator makes in its own name, elsewhere.
  if (!/^[a-z0-9-]+$/.test(namespace)) throw refused(`${namespace} is not a namespace`);
  if (/^\.+$/.test(metric)) throw refused(`${metric} is not a metric name`);
  const selector = mark === -1 ? undefined : labelSelectorOf(text.slice(mark + 1));
  const escaped = encodeURIComponent(metric).replaceAll('%40', '@').replaceAll('%3A', ':');
  return { namespace, metric: escaped, ...(selector === undefined ? {} : { labelSelector: selector }) };
}

/** A parameter that nobody knows, or one cut short, would select everything. */
function labelSelectorOf(parameters: string): string | undefined {
  let selector: string | undefined;
  for (const parameter of parameters.split('&').filter((part) => part !== '')) {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(parameter) ?? [];
    if (name !== 'labelSelector') throw refused(`unknown parameter ${name}`);
    selector = unescaped(value);
  }
  return selector === '' ? undefined : selector;
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    throw refused(`error parsing label selector from string ${value}: invalid URL escape`);
  }
}

function refused(reason: string): MetricQueryError {
  return new MetricQueryError(`error parsing metric query: ${reason}`);
}
