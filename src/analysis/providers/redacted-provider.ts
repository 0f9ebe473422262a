// SPDX-License-Identifier: Apache-2.0
import { errorText } from '../../lib/operator-error.js';
import { isSensitiveName, redactText } from '../../lib/redact-text.js';
import { basicAuthorization } from './http-source.js';
import { MetricQueryError, ProviderConfigError, type ProviderFactory, type ProviderSettings } from './provider.js';

/** The same providers, but none of their errors shows what the Secret or the headers of the MetricTemplate keep. */
export function withoutSecrets(factory: ProviderFactory): ProviderFactory {
  return (settings, deps) => {
    const secrets = secretsOf(settings);
    const shown = (error: unknown): string => redactText(errorText(error), secrets);
    const refuse = (error: unknown): never => {
      if (error instanceof Error && shown(error) === error.message) throw error;
      throw new MetricQueryError(shown(error));
    };
    try {
      const provider = factory(settings, deps);
      return {
        query: (query, signal) => provider.query(query, signal).catch(refuse),
        checkOnline: (signal) => provider.checkOnline(signal).catch(refuse),
      };
    } catch (error) {
      throw new ProviderConfigError(shown(error));
    }
  };
}

function secretsOf({ secret = {}, headers }: ProviderSettings): readonly string[] {
  const { username, password } = secret;
  const pair = username === undefined || password === undefined ? [] : [basicPair(username, password)];
  const named = [...Object.entries(secret), ...Object.entries(headers)].filter(([name]) => isSensitiveName(name));
  return [...pair, ...named.flatMap(([, value]) => value)];
}

function basicPair(username: string, password: string): string {
  return basicAuthorization(username.trim(), password.trim()).replace('Basic ', '');
}
