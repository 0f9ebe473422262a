// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Proxies for outgoing requests, with the meaning of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
export interface ProxySettings {
  /** Proxy URL for http:// addresses. */
  readonly http?: string;
  /** Proxy URL for https:// addresses. */
  readonly https?: string;
  /** Comma-separated hosts that are reached directly: names (with their subdomains), ".suffix", addresses, CIDR ranges, "*". */
  readonly bypass?: string;
}

/** The proxy for a URL; undefined for a direct connection. This machine itself is never reached through a proxy. */
export function proxyFor(url: URL, settings: ProxySettings): string | undefined {
  const proxy = url.protocol === 'https:' ? settings.https : settings.http;
  if (proxy === undefined || proxy === '') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isLoopback(host)) return undefined;
  const entries = (settings.bypass ?? '').split(',').map((entry) => entry.trim().toLowerCase());
  return entries.some((entry) => entry !== '' && matches(entry, host, url)) ? undefined : proxy;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function matches(entry: string, host: string, url: URL): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInRange(entry, host);
  if (isIPv6(entry)) return entry === host;
  const [name = '', port] = entry.split(':');
  if (port !== undefined && port !== portOf(url)) return false;
  const suffix = name.replace(/^\*?\./, '');
  return host.endsWith(`.${suffix}`) || (host === suffix && !name.startsWith('*'));
}

function portOf(url: URL): string {
  if (url.port !== '') return url.port;
  return url.protocol === 'https:' ? '443' : '80';
}

function isInRange(range: string, host: string): boolean {
  const [network = '', prefix = ''] = range.split('/');
  const family = isIP(network);
  const maxPrefix = family === 6 ? 128 : 32;
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(prefix) || Number(prefix) > maxPrefix) return false;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), type);
  return list.check(host, type);
}
