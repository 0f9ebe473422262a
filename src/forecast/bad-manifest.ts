// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from '../lib/operator-error.js';

/** Manifests of which no rollout can be foretold. The message names the object or the line, the fact and the way out. */
export class BadManifestError extends OperatorError {
  readonly code = 'BAD_MANIFEST';
  readonly retry = 'never';
}
