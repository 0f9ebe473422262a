// SPDX-License-Identifier: Apache-2.0
import { isObject, listAt, numberAt, objectAt, textAt, type JsonObject } from '../json.js';
import type { FieldValidation } from '../server/decode-body.js';
import type { ListQuery } from '../server/list-objects.js';
import type { DeleteOptions, PropagationPolicy, WriteOptions } from '../server/write-options.js';
import { badRequest, invalid, type FieldProblem } from '../status-error.js';
import { notSupported } from '../validation/field-problems.js';

/** Names of the option types in error messages. */
type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

const validations: readonly FieldValidation[] = ['Ignore', 'Strict', 'Warn'];

/** Options of a write in its query. @throws StatusError 422 */
export function writeOptions(query: URLSearchParams, kind: OptionsKind, userAgent: string): WriteOptions {
  const given = query.get('fieldValidation') ?? '';
  const fieldValidation = validations.find((validation) => validation === given);
  const problems = [
    ...dryRunProblems(query.getAll('dryRun')),
    ...(given !== '' && fieldValidation === undefined
      ? [notSupported('fieldValidation', given, ['', ...validations])]
      : []),
  ];
  if (problems.length > 0) throw invalid({ group: 'meta.k8s.io', resource: kind, name: '' }, problems);
  return {
    isDryRun: query.getAll('dryRun').includes('All'),
    fieldManager: query.get('fieldManager') ?? userAgent.replace(/[/ ].*$/, ''),
    ...(fieldValidation !== undefined && { fieldValidation }),
  };
}

function dryRunProblems(values: readonly string[]): readonly FieldProblem[] {
  const isKnown = values.every((value) => value === 'All' || value === '');
  return isKnown ? [] : [notSupported('dryRun', values, ['All'])];
}

/** @throws StatusError 400 */
export function listQuery(query: URLSearchParams, namespace: string): ListQuery {
  return {
    namespace,
    labelSelector: query.get('labelSelector') ?? undefined,
    fieldSelector: query.get('fieldSelector') ?? undefined,
    limit: integerOf(query, 'limit'),
    continueToken: query.get('continue') ?? undefined,
    resourceVersion: query.get('resourceVersion') ?? undefined,
    resourceVersionMatch: query.get('resourceVersionMatch') ?? undefined,
  };
}

/** @throws StatusError 400 */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (/^-?\d+$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

export function isTrue(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  return text !== null && !['false', '0'].includes(text);
}

const policies: readonly PropagationPolicy[] = ['Foreground', 'Background', 'Orphan'];

/** Options of a DELETE, in its body or in its query. @throws StatusError 400, 422 */
export function deleteOptions(query: URLSearchParams, body: unknown): DeleteOptions {
  const given: JsonObject = isObject(body) ? body : {};
  const preconditions = objectAt(given, 'preconditions');
  const policy = textAt(given, 'propagationPolicy') || (query.get('propagationPolicy') ?? '');
  const dryRun = [...query.getAll('dryRun'), ...listAt(given, 'dryRun').map(String)];
  const problems = [...policyProblems(policy), ...dryRunProblems(dryRun)];
  if (problems.length > 0) throw invalid({ group: 'meta.k8s.io', resource: 'DeleteOptions', name: '' }, problems);
  return {
    isDryRun: dryRun.includes('All'),
    gracePeriodSeconds: numberAt(given, 'gracePeriodSeconds') ?? integerOf(query, 'gracePeriodSeconds'),
    uid: textAt(preconditions, 'uid') || undefined,
    resourceVersion: textAt(preconditions, 'resourceVersion') || undefined,
    propagationPolicy:
      policies.find((each) => each === policy) ?? orphanPolicy(given.orphanDependents ?? query.get('orphanDependents')),
  };
}

function policyProblems(policy: string): readonly FieldProblem[] {
  const isKnown = policy === '' || policies.some((each) => each === policy);
  return isKnown ? [] : [notSupported('propagationPolicy', policy, [...policies, 'nil'])];
}

/** The option that propagationPolicy replaced. */
function orphanPolicy(orphan: unknown): PropagationPolicy | undefined {
  if (orphan === true || orphan === 'true') return 'Orphan';
  return orphan === false || orphan === 'false' ? 'Background' : undefined;
}
