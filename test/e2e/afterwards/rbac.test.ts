// SPDX-License-Identifier: Apache-2.0
// Runs after the whole suite, on the audit logs that it left: hack/e2e.sh
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { type AuditedRequest, requestsIn } from '../support/audit.js';

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

interface Role {
  readonly kind: string;
  readonly rules?: readonly Rule[];
}

const auditLogs = (process.env.E2E_AUDIT_LOGS ?? '').split(':');

/**
 * Granted, but not asked for by any request: the API server checks these itself when a request is about an owner reference
 * that blocks deletion.
 */
const checkedByTheServer = ['update flagger.app canaries/finalizers'];

/** "<verb> <group> <resource>", one for each thing that a role allows. */
function grantsOf(file: string): readonly string[] {
  // Parse boundary: manifests are lists of objects.
  const objects = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Role);
  const rules = objects.filter(({ kind }) => /^(?:Cluster)?Role$/.test(kind)).flatMap((role) => role.rules ?? []);
  return rules
    .flatMap(({ apiGroups = [''], resources = [], nonResourceURLs = [], verbs }) =>
      verbs.flatMap((verb) => [
        ...apiGroups.flatMap((group) => resources.map((resource) => `${verb} ${group} ${resource}`)),
        ...nonResourceURLs.map((url) => `${verb} ${url}`),
      ]),
    )
    .sort();
}

function needOf({ verb, apiGroup, resource, url }: AuditedRequest): string {
  return resource === '' ? `${verb} ${url.replace(/\?.*/, '')}` : `${verb} ${apiGroup} ${resource}`;
}

function isLoadTester(user: string): boolean {
  return user.endsWith(':flagger-loadtester');
}

const clusterWide = grantsOf('kustomize/base/flagger/rbac.yaml');
const requests = (await Promise.all(auditLogs.map(requestsIn))).flat();

describe('the permissions that the manifests grant', () => {
  it('are enough: no request of any operator was forbidden', () => {
    expect(requests.length).toBeGreaterThan(1_000);
    // An API server that has just been started knows no roles for a moment; only the scenario of its outage sees that.
    const forbidden = requests.filter(({ status, namespace }) => status === 403 && namespace !== 'outage');
    expect(forbidden).toEqual([]);
  });

  it('are not more than what the suite made use of', () => {
    const ofOperators = requests.filter(({ user }) => !isLoadTester(user));
    const used = new Set(ofOperators.map(needOf));
    expect(clusterWide.filter((grant) => !used.has(grant))).toEqual(checkedByTheServer);
  });

  it('are those that the load tester makes use of, for one object', () => {
    const ofLoadTester = requests.filter(({ user }) => isLoadTester(user));
    const used = [...new Set(ofLoadTester.map(needOf))].sort();
    expect(used).toEqual(grantsOf('kustomize/tester/account.yaml'));
    expect([...new Set(ofLoadTester.map(({ name }) => name))]).toEqual(['flagger-loadtester-gates']);
  });

  it('are the same in one namespace, but for the version of the API server, which everybody may read', () => {
    expect(grantsOf('kustomize/namespaced/rbac.yaml')).toEqual(clusterWide.filter((grant) => grant !== 'get /version'));
  });
});
