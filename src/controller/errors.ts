// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from '../lib/operator-error.js';

/** An object without which a write makes no sense was not there when the Canary was looked at: its coming wakes the Canary. */
export class MissingPart extends OperatorError {
  readonly code = 'MISSING_PART';
  readonly retry = 'never';

  constructor(part: 'target' | 'primary' | 'usable apex Ingress') {
    super(`There is no ${part}; restore it, or delete the Canary`);
  }
}

/** A tracked config holds something else than what was analysed; it is a new revision (R1). */
export class ConfigMoved extends OperatorError {
  readonly code = 'CONFIG_MOVED';
  readonly retry = 'requeue';

  constructor(config: string, namespace: string) {
    super(`${config}.${namespace} changed since it was analysed; the Canary is looked at again`);
  }
}

/** The place of a `-primary` copy is taken by an object of somebody else. */
export class ForeignConfigCopy extends OperatorError {
  readonly code = 'FOREIGN_CONFIG_COPY';
  readonly retry = 'never';
}

/** No copy of the promoted pod template is left anywhere, so a lost primary cannot be made again (R14). */
export class RevisionUnknown extends OperatorError {
  readonly code = 'REVISION_UNKNOWN';
  readonly retry = 'never';

  constructor(target: string, revision: string) {
    super(
      `${target}-primary is missing and neither ${target} nor its history holds the promoted revision ${revision}; ` +
        `bring ${target} back to it, or delete and apply the Canary again to initialize it from what ${target} is now`,
    );
  }
}
