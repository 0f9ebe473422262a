// SPDX-License-Identifier: Apache-2.0
import { defined } from '../lib/defined.js';
import type { ProxySettings } from '../lib/proxy-settings.js';

/** The environment of this process. Only config/ and the entry point look at it. */
export const processEnvironment: Readonly<Record<string, string | undefined>> = process.env;

/** Proxies for outgoing requests, by the variables that every tool knows. */
export function proxySettings(environment: Readonly<Record<string, string | undefined>>): ProxySettings {
  const read = (name: string): string | undefined => environment[name] ?? environment[name.toLowerCase()];
  return defined({ http: read('HTTP_PROXY'), https: read('HTTPS_PROXY'), bypass: read('NO_PROXY') });
}
