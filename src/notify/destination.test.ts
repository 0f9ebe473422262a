// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import { providerDestination, type Resolution } from './destination.js';
import type { Endpoint } from './endpoint.js';
import { aProvider, FakeSource } from './testing.js';

const key = { namespace: 'test', name: 'on-call' };
const slackUrl = 'https://hooks.slack.com/services/T0/B0/hidden-path';

function sourceWith(spec: Readonly<Record<string, unknown>>, annotations = {}): FakeSource {
  const source = new FakeSource();
  source.providers.set('on-call', aProvider(spec, annotations));
  return source;
}

function resolve(source: FakeSource): Promise<Resolution> {
  return providerDestination(key, source).resolve();
}

async function endpointOf(source: FakeSource): Promise<Endpoint> {
  const resolved = await resolve(source);
  if (resolved.kind === 'failed') throw new Error(resolved.error);
  return resolved.endpoint;
}

describe('providerDestination', () => {
  it('uses the defaults of Flagger', async () => {
    const { url, ...rest } = await endpointOf(sourceWith({ type: 'slack', address: slackUrl }));
    expect(url.href).toBe(slackUrl);
    expect(rest).toEqual({ type: 'slack', channel: 'general', username: 'flagger' });
  });

  it('takes the address of the Secret before that of the object, trimmed', async () => {
    const source = sourceWith({ type: 'slack', address: 'https://old.test/', secretRef: { name: 'hook' } });
    source.secrets.set('hook', { address: ` ${slackUrl}\n`, token: 'xoxb-1\r\n' });
    expect(await endpointOf(source)).toMatchObject({ url: new URL(slackUrl), token: 'xoxb-1' });
  });

  it('uses a rotated Secret and a changed provider at once', async () => {
    const source = sourceWith({ type: 'slack', secretRef: { name: 'hook' } });
    const destination = providerDestination(key, source);
    source.secrets.set('hook', { address: 'https://one.test/' });
    expect(await destination.resolve()).toMatchObject({ endpoint: { url: new URL('https://one.test/') } });
    source.secrets.set('hook', { address: 'https://two.test/' });
    expect(await destination.resolve()).toMatchObject({ endpoint: { url: new URL('https://two.test/') } });
    source.providers.set('on-call', aProvider({ type: 'discord', address: 'https://three.test/' }));
    expect(await destination.resolve()).toMatchObject({ endpoint: { type: 'discord' } });
  });

  it.each`
    proxy                         | used
    ${'http://proxy.test:3128'}   | ${'http://proxy.test:3128/'}
    ${'my-http-proxy.com'}        | ${'http://my-http-proxy.com/'}
    ${'my-http-proxy.com:8080\n'} | ${'http://my-http-proxy.com:8080/'}
    ${''}                         | ${undefined}
  `('reads the proxy $proxy as $used', async ({ proxy, used }) => {
    const endpoint = await endpointOf(sourceWith({ type: 'slack', address: slackUrl, proxy: String(proxy) }));
    expect(endpoint.proxy).toBe(used);
  });

  it('reads the text and the card format from annotations', async () => {
    const annotations = { 'flagger.app/alert-text': '{{ message }}!', 'flagger.app/msteams-format': 'adaptive-card' };
    expect(
      await endpointOf(sourceWith({ type: 'msteams', address: 'https://relay.test/' }, annotations)),
    ).toMatchObject({
      textTemplate: '{{ message }}!',
      teamsFormat: 'adaptiveCard',
    });
  });

  it.each`
    spec                                                         | error
    ${{ type: 'pager', address: slackUrl }}                      | ${/^alert provider on-call.test error: spec.type is "pager"/}
    ${{ type: 'slack' }}                                         | ${/^alert provider on-call.test error: spec.address is missing/}
    ${{ type: 'slack', address: '/hidden-path' }}                | ${/^alert provider on-call.test error: invalid Slack hook URL/}
    ${{ type: 'slack', address: '' }}                            | ${/^alert provider on-call.test error: spec.address is missing/}
    ${{ type: 'discord', address: 'ftp://hidden-path' }}         | ${/error: invalid Discord hook URL/}
    ${{ type: 'rocket', address: 'hidden-path' }}                | ${/error: invalid Rocket hook URL/}
    ${{ type: 'msteams', address: 'hidden-path' }}               | ${/error: invalid MS Teams webhook URL/}
    ${{ type: 'gchat', address: 'hidden-path' }}                 | ${/error: invalid Google Chat webhook URL/}
    ${{ type: 'slack', address: slackUrl, proxy: 'socks5://p' }} | ${/error: unable to parse proxy URL 'socks5:\/\/p'$/}
    ${{ type: 'slack', address: slackUrl, proxy: 'http://[' }}   | ${/error: unable to parse proxy URL/}
    ${{ type: 'slack', secretRef: { name: 'none' } }}            | ${/^alert provider on-call.test secretRef error: secrets "none" not found$/}
    ${{ type: 'slack', secretRef: { name: 'empty' } }}           | ${/^alert provider on-call.test secret does not contain an address$/}
    ${{ type: 'slack', secretRef: { name: 'bad' } }}             | ${/error: invalid Slack hook URL/}
  `('reports $spec as $error, for good and without the address', async ({ spec, error }) => {
    const source = sourceWith(spec as Readonly<Record<string, unknown>>);
    source.secrets.set('empty', { token: 'hidden-token', address: ' \n' });
    source.secrets.set('bad', { address: 'hidden-path', token: 'hidden-token' });
    const resolved = await resolve(source);
    expect(resolved).toMatchObject({ kind: 'failed', mayPass: false, error: expect.stringMatching(error as RegExp) });
    expect(JSON.stringify(resolved)).not.toContain('hidden');
  });

  it('reports a provider that is not there', async () => {
    expect(await resolve(new FakeSource())).toEqual({
      kind: 'failed',
      error: 'alert provider on-call.test error: alertproviders.flagger.app "on-call" not found',
      mayPass: false,
    });
  });

  it('reports an unknown card format', async () => {
    const annotations = { 'flagger.app/msteams-format': 'html' };
    expect(await resolve(sourceWith({ type: 'msteams', address: slackUrl }, annotations))).toMatchObject({
      mayPass: false,
      error: expect.stringContaining('must be message-card or adaptive-card'),
    });
  });

  it('may pass later when the Secret cannot be read now', async () => {
    const source = sourceWith({ type: 'slack', secretRef: { name: 'hook' } });
    source.secrets.set('hook', new Error('connect ECONNREFUSED'));
    expect(await resolve(source)).toEqual({
      kind: 'failed',
      error: 'alert provider on-call.test secretRef error: connect ECONNREFUSED',
      mayPass: true,
    });
  });
});
