// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';

/** One request of an operator to the API server. */
export interface AuditedRequest {
  readonly atMs: number;
  readonly user: string;
  readonly verb: string;
  /** With the subresource, as RBAC writes it: `canaries/status`. Empty for URLs that are no resource. */
  readonly resource: string;
  readonly apiGroup: string;
  readonly namespace: string;
  readonly name: string;
  readonly url: string;
  readonly status: number;
}

interface AuditLine {
  readonly stage: string;
  readonly requestReceivedTimestamp: string;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

/** Requests of one ServiceAccount (`system:serviceaccount:<namespace>:<name>`) that arrived in a time window (wall clock). */
export async function requestsOf(user: string, sinceMs = 0, untilMs = Infinity): Promise<readonly AuditedRequest[]> {
  const all = await requestsIn(process.env.E2E_AUDIT_LOG ?? '');
  return all.filter((request) => request.user === user && request.atMs >= sinceMs && request.atMs <= untilMs);
}

/** Requests of all operators that an audit log tells of. */
export async function requestsIn(auditLog: string): Promise<readonly AuditedRequest[]> {
  const text = await readFile(auditLog, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditLine) // Parse boundary: written by kube-apiserver, one event a line.
    .filter(({ stage, verb }) => stage === (verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete'))
    .map(requestOf);
}

function requestOf({ objectRef, ...line }: AuditLine): AuditedRequest {
  const { resource = '', subresource, apiGroup = '', namespace = '', name = '' } = objectRef ?? {};
  return {
    atMs: Date.parse(line.requestReceivedTimestamp),
    user: line.user.username,
    verb: line.verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    apiGroup,
    namespace,
    name,
    url: line.requestURI,
    status: line.responseStatus?.code ?? 0,
  };
}

/** What a quiet operator may do: open a watch again and renew its Lease. */
export function isUpkeep({ verb, resource }: AuditedRequest): boolean {
  return verb === 'watch' || resource === 'leases';
}
