// SPDX-License-Identifier: Apache-2.0
/*
 * What an operator of the operator sees: log lines on stderr, Prometheus metrics, health and readiness over HTTP.
 * It measures and reports what others tell it; it decides nothing and reads nothing from the cluster.
 * There is no global registry and no global logger: app.ts creates one of each and hands them on.
 * Main types: ProcessLogger, Metrics (canaries, operator), HttpServer.
 */
export type { CanaryMetrics, MeasuredCanary, RolloutEnd } from './canary-metrics.js';
export { type HttpServer, HttpServerCrashed, type HttpServerDeps, startHttpServer } from './http-server.js';
export { createLogger, type LogDestination, type LoggerOptions, type LogLevel, type ProcessLogger } from './logger.js';
export { collectProcessMetrics, createMetrics, type Metrics } from './metrics.js';
export type { ApiRequest, OperatorMetrics } from './operator-metrics.js';
