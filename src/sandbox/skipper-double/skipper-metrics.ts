// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Which of Skipper's optional metrics are exported, as its flags say. */
export interface SkipperMetricsOptions {
  /** Upper bounds in seconds. */
  readonly bucketsSeconds: readonly number[];
  readonly serveRoute: boolean;
  readonly serveHost: boolean;
  readonly response: boolean;
}

export const defaultMetricsOptions: SkipperMetricsOptions = {
  bucketsSeconds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  serveRoute: true,
  serveHost: true,
  response: true,
};

/** What the metrics of one answer are labelled with. */
export interface AnswerLabels {
  readonly code: number;
  readonly method: string;
  readonly routeId: string;
  /** Undefined when the route has no host. */
  readonly host: string | undefined;
}

/** Route label of answers that no route made. */
export const unknownRouteId = '_unknownroute_';
const knownMethods: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
]);

/** Skipper's metrics in their Prometheus flavour. A series, once made, stays for the life of the process, as Skipper's do. */
export class SkipperMetrics {
  private readonly registry = new Registry();
  private readonly serveRoute: Histogram | undefined;
  private readonly serveHost: Histogram | undefined;
  private readonly response: Histogram | undefined;
  private readonly backend: Histogram;
  private readonly backend5xx: Histogram;
  private readonly backendErrors: Counter;
  private readonly routeInvalid: Gauge;
  private readonly customGauges: Gauge;
  private readonly ambiguous: Counter;
  private ambiguousTotal = 0;

  constructor(options: SkipperMetricsOptions) {
    const histogram = (name: string, help: string, labelNames: readonly string[]): Histogram =>
      new Histogram({
        name: `skipper_${name}_duration_seconds`,
        help,
        labelNames,
        buckets: [...options.bucketsSeconds],
        registers: [this.registry],
      });
    const byRoute = ['code', 'method', 'route'];
    this.serveRoute = options.serveRoute
      ? histogram('serve_route', 'Time to serve a request, by route.', byRoute)
      : undefined;
    this.serveHost = options.serveHost
      ? histogram('serve_host', 'Time to serve a request, by host.', ['code', 'method', 'host'])
      : undefined;
    this.response = options.response
      ? histogram('response', 'Time to copy an answer to the client.', byRoute)
      : undefined;
    this.backend = histogram('backend', 'Time until a backend answers.', ['route', 'host', 'zone']);
    this.backend5xx = histogram('backend_5xx', 'Time until a backend answers 5xx.', []);
    const registers = [this.registry];
    this.backendErrors = new Counter({
      name: 'skipper_backend_error_total',
      help: 'Requests to a backend that got no answer.',
      labelNames: ['route'],
      registers,
    });
    this.routeInvalid = new Gauge({
      name: 'skipper_route_invalid',
      help: 'Routes that were dropped, by reason.',
      labelNames: ['route_id', 'reason'],
      registers,
    });
    this.customGauges = new Gauge({
      name: 'skipper_custom_gauges',
      help: 'Gauges by key.',
      labelNames: ['key'],
      registers,
    });
    this.ambiguous = new Counter({
      name: 'skipper_double_ambiguous_total',
      help: 'Requests for which a real Skipper would choose among equal routes at random.',
      labelNames: ['route', 'other'],
      registers,
    });
  }

  /** A request of a client is finished, however it was answered. */
  served(labels: AnswerLabels, seconds: number): void {
    const common = { code: String(labels.code), method: methodLabel(labels.method) };
    this.serveRoute?.observe({ ...common, route: labels.routeId }, seconds);
    this.serveHost?.observe({ ...common, host: hostLabel(labels.host) }, seconds);
  }

  /** An answer that was not made up for a failed backend is copied to its client. */
  responded(labels: AnswerLabels, seconds: number): void {
    const { code, method, routeId } = labels;
    this.response?.observe({ code: String(code), method: methodLabel(method), route: routeId }, seconds);
  }

  backendAnswered(
    answer: { readonly routeId: string; readonly host: string; readonly code: number },
    seconds: number,
  ): void {
    this.backend.observe({ route: answer.routeId, host: hostLabel(answer.host), zone: '' }, seconds);
    if (answer.code >= 500) this.backend5xx.observe(seconds);
  }

  backendFailed(routeId: string): void {
    this.backendErrors.inc({ route: routeId });
  }

  routeDropped(routeId: string, reason: string): void {
    this.routeInvalid.set({ route_id: routeId, reason }, 1);
  }

  routesUpdated(nowMs: number, count: number): void {
    this.customGauges.set({ key: 'routes.updated_timestamp' }, Math.floor(nowMs / 1_000));
    this.customGauges.set({ key: 'routes.total' }, count);
  }

  routeAmbiguous(routeId: string, otherId: string): void {
    this.ambiguousTotal++;
    this.ambiguous.inc({ route: routeId, other: otherId });
  }

  /** Calls of routeAmbiguous so far. */
  get ambiguousCount(): number {
    return this.ambiguousTotal;
  }

  /** All series in the Prometheus text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }
}

function methodLabel(method: string): string {
  return knownMethods.has(method) ? method : '_unknownmethod_';
}

function hostLabel(host: string | undefined): string {
  return host === undefined ? '_unknownhost_' : host.replaceAll(/[.:]/g, '_');
}
