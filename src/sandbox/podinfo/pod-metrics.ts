// SPDX-License-Identifier: Apache-2.0
import { Counter, Histogram, Registry } from 'prom-client';

export interface PodMetricLabels {
  readonly method: string;
  readonly path: string;
  readonly status: string;
}

/** podinfo's own metrics, one set per pod. */
export class PodMetrics {
  private readonly registry = new Registry();
  private readonly duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Seconds spent serving HTTP requests.',
    labelNames: ['method', 'path', 'status'],
    registers: [this.registry],
  });
  private readonly requests = new Counter({
    name: 'http_requests_total',
    help: 'The total number of HTTP requests.',
    labelNames: ['status'],
    registers: [this.registry],
  });

  observe(labels: PodMetricLabels, seconds: number): void {
    this.duration.observe({ ...labels }, seconds);
    this.requests.inc({ status: labels.status });
  }

  /** All series in the Prometheus text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }
}
