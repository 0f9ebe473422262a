// SPDX-License-Identifier: Apache-2.0
import { canaryName, primaryName } from '../../api/names.js';
import type { RetryAdvice } from '../../lib/operator-error.js';
import { errorText, OperatorError } from '../../lib/operator-error.js';
import type { Action } from '../../rollout/index.js';
import { serviceName } from '../../workload/index.js';
import type { Situation } from '../situation.js';

/** An action that could not be carried out, in the words that users know. */
export class ActionFailed extends OperatorError {
  readonly code = 'ACTION_FAILED';

  constructor(
    readonly action: Action['kind'],
    readonly retry: RetryAdvice,
    message: string,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/** Puts the failed action into words; whether to retry stays as the cause advises. */
export function actionErrorText(action: Action, situation: Situation, cause: unknown): ActionFailed {
  const retry = cause instanceof OperatorError ? cause.retry : 'backoff';
  return new ActionFailed(action.kind, retry, `${prefix(action, situation)}${errorText(cause)}`, cause);
}

function prefix(action: Action, situation: Situation): string {
  const { spec, namespace, canaryIngress, services } = situation;
  const noun = spec.target.kind.toLowerCase();
  const primaryService = `${primaryName(spec.service.name)}.${namespace}`;
  const target = `${spec.target.name}.${namespace}`;
  const primary = `${primaryName(spec.target.name)}.${namespace}`;
  const ingress = `${canaryName(spec.ingressName ?? '')}.${namespace}`;
  switch (action.kind) {
    case 'writeService': {
      const name = serviceName(action.role, spec.service.name);
      return services[action.role]?.kind === 'create'
        ? `reconcileService failed: service ${name}.${namespace} create error: `
        : `reconcileService failed: service ${name} update error: `;
    }
    case 'createPrimary':
    case 'rebuildPrimary':
      return spec.target.kind === 'Service'
        ? `reconcilePrimaryService failed: creating service ${primaryService} failed: `
        : `createPrimary${spec.target.kind} failed: creating ${noun} ${primary} failed: `;
    case 'annotatePrimary':
    case 'copyToPrimary':
      return spec.target.kind === 'Service'
        ? `reconcilePrimaryService failed: updating service ${primaryService} failed: `
        : `updating ${noun} ${primary} template spec failed: `;
    case 'restoreConfigCopies':
      return `config copies of ${primary} could not be restored: `;
    case 'writePrimaryAutoscaler':
      return autoscalerPrefix(situation);
    case 'setRoutes':
      return canaryIngress === undefined ? `ingress ${ingress} create error: ` : `ingress ${ingress} update error: `;
    case 'addFinalizer':
    case 'removeFinalizer':
      return `finalizers of the Canary could not be written: `;
    case 'restoreTarget':
      return `failed to revert target: `;
    case 'revertApexService':
      return `failed revert router: `;
    case 'deleteRoutes':
      return `failed to revert mesh: ingress ${ingress} unable to remove canary ingress: `;
    case 'scaleTargetUp':
      return spec.target.kind === 'DaemonSet'
        ? `scaling up daemonset ${target} failed: `
        : `scaling up ${target} failed: `;
    case 'scaleTargetDown':
      return `scaling down canary ${spec.target.kind} ${target} failed: `;
    case 'disableStaleRoutes':
    case 'deleteStaleRoutes':
      return `ingress of an earlier specification could not be removed: `;
  }
}

function autoscalerPrefix({ spec, namespace, autoscaler }: Situation): string {
  const name = `${primaryName(spec.autoscaler?.name ?? '')}.${namespace}`;
  if (spec.autoscaler?.kind !== 'ScaledObject') return `HorizontalPodAutoscaler ${name} write error: `;
  return autoscaler?.primaryState === 'missing'
    ? `creating Keda ScaledObject ${name} failed: `
    : `updating ScaledObject ${name} failed: `;
}
