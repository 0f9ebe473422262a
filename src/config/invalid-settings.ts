// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from '../lib/operator-error.js';

/** The command line or the environment cannot be used. The message is one line that names the flag or variable. */
export class InvalidSettings extends OperatorError {
  readonly code = 'INVALID_SETTINGS';
  readonly retry = 'never';

  constructor(
    message: string,
    /** 2 when a flag is unknown or its value malformed, 1 when the settings contradict one another. */
    readonly exitCode: 1 | 2,
  ) {
    super(message);
  }
}
