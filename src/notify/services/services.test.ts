// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { AlertProviderType } from '../../api/alert-provider.js';
import type { AlertSeverity } from '../../api/rollout-spec.js';
import { alertMessage, type AlertMessage } from '../alert-message.js';
import { aFullNotice } from '../testing.js';
import { chatServices } from './index.js';
import { anEndpoint, connector, fixture, goldenEndpoints, request, severities, workflow } from './testing.js';

describe('chatServices', () => {
  const goldenCases = goldenEndpoints.flatMap(([name, endpoint]) =>
    severities.map((severity) => [name, severity, endpoint] as const),
  );

  it.each(goldenCases)('writes %s %s byte for byte as the golden file', (name, severity, endpoint) => {
    const link = 'https://grafana.example.com/d/flagger?namespace={{ namespace }}&target={{ target }}';
    const message = alertMessage(aFullNotice({ severity, message: 'Checks <failed> & more' }), {
      clusterName: 'prod-1',
      alertLink: link,
    });
    const { body } = request(message, endpoint);
    expect(JSON.stringify(body)).toBe(JSON.stringify(fixture(name)[severity]));
  });

  it.each(goldenEndpoints)('writes a message without fields and link to %s as the golden file', (name, endpoint) => {
    const bare: AlertMessage = { title: 'podinfo.test', text: 'Hello', severity: 'info', fields: [], values: {} };
    expect(JSON.stringify(request(bare, endpoint).body)).toBe(JSON.stringify(fixture(name).bare));
  });

  // Discord is left out: its published form refuses what Flagger sends. Google Chat is left out of the errors: Flagger
  // shows them there in gray.
  const flaggerCases = (['info', 'error'] as const).flatMap((severity) =>
    Object.entries(fixture(`flagger-${severity}`)).map(([type, body]) => ({ type, severity, body })),
  );

  it.each(flaggerCases)(
    'sends to $type, severity $severity, what Flagger sends, with additions only',
    ({ type, severity, body }) => {
      const fields = [{ name: 'Cluster', value: 'c1' }];
      const message: AlertMessage = { title: 'podinfo.test', text: 'MESSAGE', severity, fields, values: {} };
      const endpoint = anEndpoint(type as AlertProviderType);
      expect(request(message, endpoint).body).toMatchObject(body as Readonly<Record<string, unknown>>);
    },
  );

  it.each`
    type         | info                       | warn                       | error
    ${'slack'}   | ${'"color":"good"'}        | ${'"color":"warning"'}     | ${'"color":"danger"'}
    ${'discord'} | ${'"color":"#2EB886"'}     | ${'"color":"#DAA038"'}     | ${'"color":"#A30200"'}
    ${'rocket'}  | ${'"color":"#0076D7"'}     | ${'"color":"#FFA500"'}     | ${'"color":"#FF0000"'}
    ${'msteams'} | ${'"themeColor":"0076D7"'} | ${'"themeColor":"FFA500"'} | ${'"themeColor":"FF0000"'}
    ${'gchat'}   | ${'<font color=#848484>'}  | ${'<font color=#FFA500>'}  | ${'<font color=#FF0000>'}
  `('shows severity in $type', ({ type, ...looks }) => {
    for (const severity of severities) {
      const message: AlertMessage = { title: 'a.b', text: 'x', severity, fields: [], values: {} };
      const { body } = request(message, anEndpoint(type as AlertProviderType));
      expect(JSON.stringify(body)).toContain((looks as Record<AlertSeverity, string>)[severity]);
    }
  });

  it.each`
    type         | bearerToken
    ${'slack'}   | ${'xoxb-1'}
    ${'discord'} | ${undefined}
    ${'rocket'}  | ${undefined}
    ${'msteams'} | ${undefined}
    ${'gchat'}   | ${undefined}
  `('sends the token $bearerToken to $type', ({ type, bearerToken }) => {
    const message = alertMessage(aFullNotice(), {});
    const endpoint = anEndpoint(type as AlertProviderType, { token: ' xoxb-1\n' });
    expect(request(message, endpoint).bearerToken).toBe(bearerToken);
  });

  it('posts with the channel and name of the provider', () => {
    const endpoint = anEndpoint('rocket', { channel: '#releases', username: 'deployer' });
    expect(request(alertMessage(aFullNotice(), {}), endpoint).body).toMatchObject({
      channel: '#releases',
      username: 'deployer',
    });
  });
});

describe('discord', () => {
  it.each`
    address                                      | path
    ${'https://d.test/webhooks/1/t'}             | ${'/webhooks/1/t/slack'}
    ${'https://d.test/webhooks/1/t/'}            | ${'/webhooks/1/t/slack'}
    ${'https://d.test/webhooks/1/t/slack'}       | ${'/webhooks/1/t/slack'}
    ${'https://d.test/webhooks/1/t?thread_id=2'} | ${'/webhooks/1/t/slack?thread_id=2'}
    ${'https://d.test/w/1/t/slack?wait=true'}    | ${'/w/1/t/slack?wait=true'}
  `('posts to one /slack for $address', ({ address, path }) => {
    const { url } = request(alertMessage(aFullNotice(), {}), anEndpoint('discord', { address: String(address) }));
    expect(url.pathname + url.search).toBe(path);
  });
});

describe('msteams', () => {
  it.each`
    address                                                                                       | format
    ${connector}                                                                                  | ${'messageCard'}
    ${'https://outlook.office.com/webhook/x'}                                                     | ${'messageCard'}
    ${'https://relay.example.com/teams'}                                                          | ${'messageCard'}
    ${'https://logic.azure.com.example.com/x'}                                                    | ${'messageCard'}
    ${workflow}                                                                                   | ${'adaptiveCard'}
    ${'https://default1.2b.environment.api.powerplatform.com/powerautomate/automations/direct/x'} | ${'adaptiveCard'}
    ${'https://prod-1.usgovtexas.logic.azure.us/x'}                                               | ${'adaptiveCard'}
    ${'https://gateway.example.com/workflows/f00/triggers/manual/paths/invoke'}                   | ${'adaptiveCard'}
  `('writes a $format to $address', ({ address, format }) => {
    const { body } = request(alertMessage(aFullNotice(), {}), anEndpoint('msteams', { address: String(address) }));
    expect('@type' in body ? 'messageCard' : 'adaptiveCard').toBe(format);
  });

  it('writes the format that the user asks for, whatever the address', () => {
    const message = alertMessage(aFullNotice(), {});
    expect(request(message, anEndpoint('msteams', { teamsFormat: 'adaptiveCard' })).body.type).toBe('message');
    const workflowCard = anEndpoint('msteams', { address: workflow, teamsFormat: 'messageCard' });
    expect(request(message, workflowCard).body['@type']).toBe('MessageCard');
  });
});

describe('objections to a 2xx answer', () => {
  it.each`
    type         | body                                                                       | mayPass
    ${'slack'}   | ${'ok'}                                                                    | ${undefined}
    ${'slack'}   | ${''}                                                                      | ${undefined}
    ${'slack'}   | ${'{"ok":true,"ts":"1"}'}                                                  | ${undefined}
    ${'slack'}   | ${'{"ok":false,"error":"channel_not_found"}'}                              | ${false}
    ${'slack'}   | ${'{"ok":false}'}                                                          | ${false}
    ${'slack'}   | ${'{"ok":false,"error":"ratelimited"}'}                                    | ${true}
    ${'slack'}   | ${'{"ok":false,"error":"internal_error"}'}                                 | ${true}
    ${'msteams'} | ${'1'}                                                                     | ${undefined}
    ${'msteams'} | ${'Webhook message delivery failed with error: … returned HTTP error 429'} | ${true}
    ${'msteams'} | ${'Webhook message delivery failed with error: … returned HTTP error 403'} | ${false}
    ${'discord'} | ${'{"ok":false}'}                                                          | ${undefined}
  `('$type: $body may pass later: $mayPass', ({ type, body, mayPass }) => {
    const objection = chatServices[type as AlertProviderType].objection?.(String(body));
    expect(objection?.mayPass).toBe(mayPass);
  });
});
