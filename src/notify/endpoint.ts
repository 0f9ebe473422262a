// SPDX-License-Identifier: Apache-2.0
import type { AlertProviderType } from '../api/alert-provider.js';
import { defined } from '../lib/defined.js';
import { redactUrl } from '../lib/redact-url.js';

/** How Microsoft Teams is written to. */
export type TeamsFormat = 'messageCard' | 'adaptiveCard';

/** Where and how to post. Holds secrets: never logged, and read anew for each attempt. */
export interface Endpoint {
  readonly type: AlertProviderType;
  readonly url: URL;
  readonly token?: string;
  readonly channel: string;
  readonly username: string;
  /** Absolute http or https URL. */
  readonly proxy?: string;
  /** The user's own text with placeholders. */
  readonly textTemplate?: string;
  /** Absent: chosen by the URL. */
  readonly teamsFormat?: TeamsFormat;
}

/** Settings as somebody wrote them. */
export interface EndpointSettings {
  readonly type: AlertProviderType;
  readonly address: string;
  readonly token?: string | undefined;
  readonly channel?: string | undefined;
  readonly username?: string | undefined;
  readonly proxy?: string | undefined;
  readonly textTemplate?: string | undefined;
  readonly teamsFormat?: TeamsFormat | undefined;
}

export type EndpointResult =
  | { readonly kind: 'ok'; readonly endpoint: Endpoint }
  /** The text holds no secret. */
  | { readonly kind: 'invalid'; readonly problem: string };

const addressNames: Readonly<Record<AlertProviderType, string>> = {
  slack: 'Slack hook URL',
  discord: 'Discord hook URL',
  rocket: 'Rocket hook URL',
  msteams: 'MS Teams webhook URL',
  gchat: 'Google Chat webhook URL',
};

/** Checks and trims: a value that was read from a file usually ends with a newline. */
export function makeEndpoint(settings: EndpointSettings): EndpointResult {
  const { type, address, textTemplate, teamsFormat } = settings;
  const url = httpUrl(address.trim());
  if (url === undefined) return invalid(`invalid ${addressNames[type]}, it must start with http:// or https://`);
  const wantedProxy = trimmed(settings.proxy);
  const proxy = wantedProxy === undefined ? undefined : proxyUrl(wantedProxy);
  if (wantedProxy !== undefined && proxy === undefined)
    return invalid(`unable to parse proxy URL '${redactUrl(wantedProxy)}'`);
  const token = trimmed(settings.token);
  const channel = trimmed(settings.channel) ?? 'general';
  const username = trimmed(settings.username) ?? 'flagger';
  const proxyHref = proxy?.href;
  return {
    kind: 'ok',
    endpoint: defined({ type, url, token, channel, username, proxy: proxyHref, textTemplate, teamsFormat }),
  };
}

function invalid(problem: string): EndpointResult {
  return { kind: 'invalid', problem };
}

/** @returns undefined when nothing is left */
function trimmed(text = ''): string | undefined {
  const rest = text.trim();
  return rest === '' ? undefined : rest;
}

function httpUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '' ? url : undefined;
}

/** Users write proxies without a scheme too. */
function proxyUrl(text: string): URL | undefined {
  return httpUrl(text.includes('://') ? text : `http://${text}`);
}
