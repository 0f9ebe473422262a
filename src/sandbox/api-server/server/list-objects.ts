// SPDX-License-Identifier: Apache-2.0
import type { ResourceType } from '../kinds/resource-type.js';
import { parseFieldSelector } from '../selectors/field-selector.js';
import { labelsOf, parseLabelSelector } from '../selectors/label-selector.js';
import { keyOf, keyText, type ServedObject } from '../served-object.js';
import { expired, invalid, StatusError } from '../status-error.js';
import { parseRevision } from '../store/revision.js';
import { forbiddenField } from '../validation/field-problems.js';
import type { ClusterState } from './cluster-state.js';
import { decodeToken, encodeToken, type PageStart } from './continue-token.js';

export interface Selection {
  /** Empty: all namespaces. */
  readonly namespace: string;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListQuery extends Selection {
  /** Objects of one page; all when it is zero or left out. */
  readonly limit?: number | undefined;
  /** Token of the page before. */
  readonly continueToken?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: string | undefined;
}

export interface ObjectList {
  readonly items: readonly ServedObject[];
  /** The moment that the whole list shows, the same on every page. */
  readonly resourceVersion: string;
  /** Empty on the last page. */
  readonly continueToken: string;
  /** Objects on the pages to come, where they were counted. */
  readonly remainingItemCount: number | undefined;
}

/** Whether an object is in the selection. @throws StatusError 400 when a selector cannot be read */
export function selectionOf(resource: ResourceType, selection: Selection): (object: ServedObject) => boolean {
  const { namespace, labelSelector = '', fieldSelector = '' } = selection;
  const byLabel = labelSelector === '' ? undefined : parseLabelSelector(labelSelector);
  const byField = fieldSelector === '' ? undefined : parseFieldSelector(fieldSelector, resource.selectable);
  return (object) =>
    (namespace === '' || object.metadata.namespace === namespace) &&
    byLabel?.(labelsOf(object)) !== false &&
    byField?.(object) !== false;
}

/** GET of a collection. @throws StatusError 400, 410, 504 */
export function listObjects(state: ClusterState, resource: ResourceType, query: ListQuery): ObjectList {
  const matches = selectionOf(resource, query);
  const { revision, start } = momentOf(state, query);
  const all = stateAt(state, resource, { namespace: query.namespace, revision, isPage: start !== '' });
  const rest = all.filter((object) => (start === '' || keyText(keyOf(object)) >= start) && matches(object));
  const limit = query.limit ?? 0;
  const resourceVersion = String(revision);
  const next = limit > 0 ? rest[limit] : undefined;
  if (next === undefined) return { items: rest, resourceVersion, continueToken: '', remainingItemCount: undefined };
  const isSelected = isGiven(query.labelSelector) || isGiven(query.fieldSelector);
  return {
    items: rest.slice(0, limit),
    resourceVersion,
    continueToken: encodeToken({ revision, start: keyText(keyOf(next)) }),
    // To count what a selector will find, the API server would have to read it.
    remainingItemCount: isSelected ? undefined : rest.length - limit,
  };
}

function isGiven(option: string | undefined): option is string {
  return option !== undefined && option !== '';
}

function momentOf(state: ClusterState, query: ListQuery): PageStart {
  const { current } = state.revisions;
  if (!isGiven(query.continueToken)) return { revision: firstMoment(current, query), start: '' };
  const { revision, start } = decodeToken(query.continueToken);
  // A negative version takes what is there now: so clients go on that lost their snapshot.
  return { revision: revision < 0 ? current : revision, start };
}

function firstMoment(current: number, query: ListQuery): number {
  const { resourceVersionMatch: match = '', resourceVersion = '', limit = 0 } = query;
  requireMatch(match, resourceVersion);
  const asked = parseRevision(resourceVersion);
  if (asked > current) throw tooLarge(asked, current);
  const isExact = match === 'Exact' || (match === '' && limit > 0 && asked > 0);
  return isExact ? asked : current;
}

function requireMatch(match: string, resourceVersion: string): void {
  if (match === '' || resourceVersion !== '') return;
  throw invalid({ group: 'meta.k8s.io', resource: 'ListOptions', name: '' }, [
    forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'),
  ]);
}

/** A client that knows more than the server has perhaps talked to another one. */
function tooLarge(asked: number, current: number): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

interface Then {
  readonly namespace: string;
  readonly revision: number;
  readonly isPage: boolean;
}

function stateAt(state: ClusterState, resource: ResourceType, then: Then): readonly ServedObject[] {
  try {
    return state.collection(resource).listAt(then.namespace, then.revision);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw expired(then.isPage ? tokenExpired : 'The resourceVersion for the provided list is too old.');
  }
}

const tokenExpired =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
