// SPDX-License-Identifier: Apache-2.0
import { readAlertProvider, type AlertProvider, type AlertProviderObject } from '../api/alert-provider.js';
import type { ObjectKey, StringMap } from '../api/kubernetes.js';
import { errorText } from '../lib/operator-error.js';
import { makeEndpoint, type Endpoint, type EndpointResult, type TeamsFormat } from './endpoint.js';
import { lineExcerpt } from './excerpt.js';

/** AlertProviders and their Secrets, as the cluster has them now. */
export interface AlertSource {
  provider(key: ObjectKey): AlertProviderObject | undefined;
  /** Decoded data; undefined when there is no such Secret. */
  secret(key: ObjectKey): Promise<StringMap | undefined>;
}

export type Resolution =
  | { readonly kind: 'ok'; readonly endpoint: Endpoint }
  /** The text is a whole sentence for the log, without secrets. */
  | { readonly kind: 'failed'; readonly error: string; readonly mayPass: boolean };

/** One place that alerts go to. */
export interface Destination {
  /** Equal for the same place. */
  readonly id: string;
  /** Reads address and token anew, so that a rotated secret is used at once. Never rejects. */
  resolve(): Promise<Resolution>;
  /** The log line about an alert that this place did not get. */
  sendError(cause: string): string;
}

/** On an AlertProvider: the text of its messages, with placeholders. */
export const alertTextAnnotation = 'flagger.app/alert-text';
/** On an AlertProvider of type msteams: message-card or adaptive-card instead of what the URL suggests. */
export const teamsFormatAnnotation = 'flagger.app/msteams-format';

const teamsFormats: Readonly<Record<string, TeamsFormat>> = {
  'message-card': 'messageCard',
  'adaptive-card': 'adaptiveCard',
};

const maxCauseCharacters = 500;

export function globalDestination(endpoint: Endpoint): Destination {
  return {
    id: 'global',
    resolve: () => Promise.resolve({ kind: 'ok', endpoint }),
    sendError: (cause) => `alert can't be sent: ${cause}`,
  };
}

export function providerDestination(key: ObjectKey, source: AlertSource): Destination {
  const label = `alert provider ${key.name}.${key.namespace}`;
  return {
    id: `${key.namespace}/${key.name}`,
    resolve: () => resolveProvider(key, label, source),
    sendError: (cause) => `${label} send error: ${cause}`,
  };
}

async function resolveProvider(key: ObjectKey, label: string, source: AlertSource): Promise<Resolution> {
  const object = source.provider(key);
  if (object === undefined) return refused(`${label} error: alertproviders.flagger.app "${key.name}" not found`);
  const read = readAlertProvider(object);
  if (read.kind === 'invalid') return refused(`${label} error: ${read.problems.join('; ')}`);
  const { provider } = read;
  if (provider.secretName === undefined) return fromProvider(label, object, provider, {});
  const secretKey = { namespace: key.namespace, name: provider.secretName };
  try {
    const secret = await source.secret(secretKey);
    if (secret === undefined) return refused(`${label} secretRef error: secrets "${secretKey.name}" not found`);
    // The reason to put an address into a Secret is that the one in the object is not to be used.
    if ((secret.address ?? '').trim() === '') return refused(`${label} secret does not contain an address`);
    return fromProvider(label, object, provider, secret);
  } catch (error) {
    const cause = lineExcerpt(errorText(error), maxCauseCharacters);
    return { kind: 'failed', error: `${label} secretRef error: ${cause}`, mayPass: true };
  }
}

function fromProvider(
  label: string,
  { metadata }: AlertProviderObject,
  { type, channel, username, proxy, address = '' }: AlertProvider,
  secret: StringMap,
): Resolution {
  const format = metadata.annotations?.[teamsFormatAnnotation];
  if (format !== undefined && !Object.hasOwn(teamsFormats, format))
    return refused(`${label} error: annotation ${teamsFormatAnnotation} must be message-card or adaptive-card`);
  const made: EndpointResult = makeEndpoint({
    type,
    address: secret.address ?? address,
    token: secret.token,
    channel,
    username,
    proxy,
    textTemplate: metadata.annotations?.[alertTextAnnotation],
    teamsFormat: format === undefined ? undefined : teamsFormats[format],
  });
  return made.kind === 'ok' ? made : refused(`${label} error: ${made.problem}`);
}

function refused(error: string): Resolution {
  return { kind: 'failed', error, mayPass: false };
}
