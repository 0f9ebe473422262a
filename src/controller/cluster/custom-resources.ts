// SPDX-License-Identifier: Apache-2.0
import { errorText, OperatorError } from '../../lib/operator-error.js';
import type { ResourceKind, Watcher } from '../../kube/index.js';
import { isNotFound, resources } from '../../kube/index.js';

/** The cluster does not know one of the operator's own kinds. */
export class CustomResourceMissing extends OperatorError {
  readonly code = 'CUSTOM_RESOURCE_MISSING';
  readonly retry = 'never';

  constructor(kind: string, cause: unknown) {
    super(`${kind} CRD is not registered ${errorText(cause)}; apply the files of crds/ first`, { cause });
  }
}

/** @throws CustomResourceMissing when the CRDs have not been applied; other failures are left to the watches. */
export async function checkCustomResources(client: Watcher, namespace: string | undefined): Promise<void> {
  const kinds: readonly ResourceKind[] = [resources.canaries, resources.metricTemplates, resources.alertProviders];
  for (const kind of kinds) {
    try {
      await client.listPage(kind, namespace, { limit: 1 });
    } catch (error) {
      if (isNotFound(error)) throw new CustomResourceMissing(kind.kind, error);
    }
  }
}
