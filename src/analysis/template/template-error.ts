// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from '../../lib/operator-error.js';

/** A template that cannot be parsed or executed. The message is worded as Go's text/template words it. */
export class TemplateError extends OperatorError {
  readonly code = 'TEMPLATE_INVALID';
  readonly retry = 'never';

  constructor(
    readonly stage: 'parse' | 'execute',
    message: string,
  ) {
    super(message);
  }
}
