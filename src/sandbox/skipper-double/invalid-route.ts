// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from '../../lib/operator-error.js';

/** The label `reason` of Skipper's metric route_invalid; `not_modelled` is the double's own. */
export type InvalidRouteReason =
  | 'unknown_predicate'
  | 'invalid_predicate_params'
  | 'unknown_filter'
  | 'invalid_filter_params'
  | 'not_modelled'
  | 'other';

/** The route is well-formed eskip, but cannot be carried out: it is dropped, and only it. */
export class InvalidRoute extends OperatorError {
  readonly code = 'SKIPPER_INVALID_ROUTE';
  readonly retry = 'never';

  constructor(
    readonly reason: InvalidRouteReason,
    readonly subject: string,
  ) {
    super(`Route cannot be used, ${reason}: ${subject}`);
  }
}
