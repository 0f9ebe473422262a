// SPDX-License-Identifier: Apache-2.0

/** More servers than any installation has; a bound all the same, because their addresses come from users. */
const maxServers = 1_000;

const notice =
  'Skipper exports no skipper_serve_route metrics; request-success-rate falls back to skipper_response_duration_seconds, ' +
  'which does not count errors that Skipper itself answers. Run Skipper with -serve-route-metrics';

/** Gives the Warning about missing metrics of Skipper once per metrics server. */
export class FallbackNotices {
  private readonly warned = new Set<string>();

  /** The Warning, or undefined when it was given for this server before. */
  take(server: string): string | undefined {
    if (this.warned.has(server)) return undefined;
    if (this.warned.size >= maxServers) this.warned.clear();
    this.warned.add(server);
    return notice;
  }

  /** The server has the metrics: should they vanish again, that is worth another Warning. */
  forget(server: string): void {
    this.warned.delete(server);
  }
}
