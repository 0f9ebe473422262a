// SPDX-License-Identifier: Apache-2.0
import type { MetricCheck } from '../api/rollout-spec.js';
import { OperatorError } from '../lib/operator-error.js';
import { intervalText } from './metric-interval.js';
import type { MetricSubject } from './metric-request.js';
import { renderTemplate, TemplateError } from './template/index.js';

/** A query template that cannot be rendered, worded as Flagger does. */
export class QueryRenderError extends OperatorError {
  readonly code = 'METRIC_QUERY_TEMPLATE_INVALID';
  readonly retry = 'never';
}

/** Renders the query of a metric with the values that its template may use. @throws QueryRenderError */
export function renderQuery(template: string, subject: MetricSubject, metric: MetricCheck): string {
  const { canary, targetName, serviceName, ingressName = targetName } = subject;
  try {
    return renderTemplate(template, {
      name: canary.name,
      namespace: canary.namespace,
      target: targetName,
      service: serviceName,
      ingress: ingressName,
      // A Canary behind Skipper has no Gateway API route; the target's name stands for it.
      route: targetName,
      interval: intervalText(metric),
      variables: metric.templateVariables,
    });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const stage = error.stage === 'parse' ? 'template parsing failed' : 'template excution failed';
    throw new QueryRenderError(`${stage}: ${error.message}`);
  }
}
