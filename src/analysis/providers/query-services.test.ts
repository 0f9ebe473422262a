// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  datadog,
  graphite,
  influxDb1,
  influxDb2,
  newRelicInsights,
  newRelicNerdGraph,
  ProviderBench,
  splunk,
  type MetricService,
} from '../../../test/support/metric-services/index.js';
import type { HttpRequest } from '../../lib/http-client.js';
import { errorText } from '../../lib/operator-error.js';

const { signal } = new AbortController();
let bench: ProviderBench;

beforeEach(() => {
  bench = new ProviderBench();
});

afterEach(() => {
  bench.close();
});

async function problem(outcome: Promise<unknown>): Promise<string> {
  return await outcome.then((value) => `no problem: ${JSON.stringify(value)}`, errorText);
}

/** What a provider makes of an answer with status 200. */
async function read(service: MetricService, body: string, query = service.query): Promise<string> {
  const fake = await bench.start(service);
  fake.behaviour = { body };
  return await problem((await bench.providerOf(service, { address: fake.url })).query(query, signal));
}

describe('datadog', () => {
  it('reports an error that comes with status 200', async () => {
    expect(await read(datadog, '{"status":"error","error":"Rule has an error"}')).toBe(
      'error response: Rule has an error',
    );
  });
});

describe('newrelic', () => {
  it.each`
    query                                           | nrql
    ${'SELECT count(*) FROM A'}                     | ${'SELECT count(*) FROM A SINCE 60 seconds ago'}
    ${'SELECT count(*) FROM A since 5 minutes ago'} | ${'SELECT count(*) FROM A since 5 minutes ago'}
    ${"SELECT count(*) FROM A WHERE b = 'since'"}   | ${"SELECT count(*) FROM A WHERE b = 'since' SINCE 60 seconds ago"}
    ${'SELECT `since` FROM sinceA'}                 | ${'SELECT `since` FROM sinceA SINCE 60 seconds ago'}
  `('sends "$query" as "$nrql"', async ({ query, nrql }) => {
    const fake = await bench.start(newRelicInsights);
    await (await bench.providerOf(newRelicInsights, { address: fake.url })).query(String(query), signal);
    expect(fake.seen[0]?.parameters.nrql).toBe(nrql);
  });

  it.each`
    results                                    | text
    ${[{ sum: 5 }]}                            | ${'no problem: [5]'}
    ${[{ percentiles: { 95: 0.2 } }]}          | ${'no problem: [0.2]'}
    ${[{ percentiles: { 95: 0.2, 99: 0.5 } }]} | ${'query returned multiple values'}
    ${[{ average: null }]}                     | ${'no problem: [null]'}
    ${[{ sum: 5 }, { max: 7 }]}                | ${'query returned multiple values'}
    ${[{ result: '7' }]}                       | ${'no problem: [null]'}
  `('reads $results as $text', async ({ results, text }) => {
    expect(await read(newRelicInsights, JSON.stringify({ results: results as object }))).toBe(text);
  });

  it('reports an error that NerdGraph sends with status 200', async () => {
    const answer = { errors: [{ message: 'NRQL Syntax Error' }, { message: 'twice' }], data: { actor: {} } };
    expect(await read(newRelicNerdGraph, JSON.stringify(answer))).toBe('error response: NRQL Syntax Error; twice');
  });
});

describe('graphite', () => {
  it.each`
    query                           | sent
    ${'target=a'}                   | ${'format=json&target=a'}
    ${'target=a&target=b&from=-1h'} | ${'format=json&from=-1h&target=a&target=b'}
    ${'target=a%2Bb+c&format=csv'}  | ${'format=json&target=a%2Bb+c'}
    ${"target=alias(a,'#1')"}       | ${'format=json&target=alias%28a%2C%27%231%27%29'}
  `('sends "$query" as "$sent"', async ({ query, sent }) => {
    const urls: string[] = [];
    const address = await bench.serve((request, response) => {
      urls.push(request.url ?? '');
      response.end('[]');
    });
    await bench.provider('graphite', { address }).query(String(query), signal);
    expect(urls).toEqual([`/render?${String(sent)}`]);
  });

  it('takes NaN for no value', async () => {
    expect(await read(graphite, '[{"target":"a","datapoints":[["NaN",1]]}]')).toBe('no problem: [null]');
    expect(await read(graphite, '[{"target":"a","datapoints":[["",1]]}]')).toBe('no problem: [null]');
  });
});

describe('influxdb', () => {
  const head =
    '#datatype,string,long,double\r\n#group,false,false,false\r\n#default,_result,,\r\n,result,table,_value\r\n';

  it.each`
    body                                                                                            | text
    ${`${head},,0,1\r\n\r\n${head},,0,2\r\n\r\n`}                                                   | ${'no problem: [1,2]'}
    ${`${head},,0,NaN\r\n`}                                                                         | ${'no problem: [null]'}
    ${',result,table,_value\n,a,0,7'}                                                               | ${'no problem: [7]'}
    ${'#datatype,string,string\n#group,true,true\n#default,,\n,error,reference\n,"no ""a""",897\n'} | ${'error response: no "a"'}
    ${',result,table,value\n,a,0,7\n'}                                                              | ${/^error unmarshaling result: no column _value, /}
    ${',result,table,_value\n,a,0\n'}                                                               | ${/^error unmarshaling result: a row of 3 fields below 4 columns, /}
    ${'#datatype,string,long,boolean\n,result,table,_value\n,a,0,true\n'}                           | ${/^error unmarshaling result: a value of type boolean, /}
    ${',result,table,_value\n,a,0,"7\n'}                                                            | ${/^error unmarshaling result: broken quotes or line ends, /}
  `('reads $body as $text', async ({ body, text }) => {
    const shown = await read(influxDb2, String(body));
    if (text instanceof RegExp) expect(shown).toMatch(text);
    else expect(shown).toBe(text);
  });

  it.each`
    body                                                                                | text
    ${'{"results":[{"statement_id":0,"error":"database not found: x"}]}'}               | ${'error response: database not found: x'}
    ${'{"results":[{"series":[{"columns":["time","min","max"],"values":[[0,1,2]]}]}]}'} | ${'query returned multiple values'}
    ${'{"results":[{"series":[{"columns":["time","min"],"values":[]}]}]}'}              | ${'no problem: []'}
  `('reads $body as $text', async ({ body, text }) => {
    expect(await read(influxDb1, String(body))).toBe(text);
  });

  it('sends Flux to version 1 with its user, and asks a server without credentials only whether it is there', async () => {
    const seen: string[] = [];
    const address = await bench.serve((request, response) => {
      seen.push(`${String(request.url)} ${String(request.headers.authorization)}`);
      response.end();
    });
    const secret = { username: 'me', password: 'secret' };
    await bench.provider('influxdb', { address, secret }).query('buckets()', signal);
    await bench.provider('influxdb', { address }).checkOnline(signal);
    expect(seen).toEqual(['/api/v2/query Token me:secret', '/ping undefined']);
  });
});

describe('splunk', () => {
  it.each`
    address                               | computes                              | answers
    ${'https://api.us1.signalfx.com'}     | ${'https://stream.us1.signalfx.com'}  | ${'https://api.us1.signalfx.com'}
    ${'wss://stream.us1.signalfx.com'}    | ${'https://stream.us1.signalfx.com'}  | ${'https://api.us1.signalfx.com'}
    ${'https://apiserver.example/stream'} | ${'https://apiserver.example/stream'} | ${'https://apiserver.example/stream'}
  `('computes at $computes and answers at $answers for $address', async ({ address, computes, answers }) => {
    const fake = await bench.start(splunk);
    const sent: HttpRequest[] = [];
    const routes = [computes, answers].map((url) => [new URL(String(url)).origin, fake.url] as const);
    const http = bench.rerouted(Object.fromEntries(routes), sent);
    const source = await bench.providerOf(splunk, { address: String(address) }, http);
    expect(await source.query(splunk.query, signal)).toEqual([1.5]);
    await source.checkOnline(signal);
    expect(sent.map(({ url }) => url.replace(/\?.*/, ''))).toEqual([
      `${String(computes)}/v2/signalflow/execute`,
      `${String(answers)}/v2/metric`,
    ]);
  });

  it('does not wait for a server that leaves a finished stream open', async () => {
    const address = await bench.serve((_, response) => {
      response.write(splunk.good.reply.body);
    });
    expect(await (await bench.providerOf(splunk, { address })).query(splunk.query, signal)).toEqual([1.5]);
  });

  it.each`
    body                                                                                      | text
    ${'event: error\ndata: {"error":400,\ndata: "message":"boom"}\n\n'}                       | ${'error executing query: {"error":400,\n"message":"boom"}'}
    ${'event: control-message\ndata: {"event":"CHANNEL_ABORT","abortInfo":{"a":1}}\n\n'}      | ${'error executing query: aborted: {"a":1}'}
    ${'event: control-message\r\ndata: {"event":"END_OF_CHANNEL"}\r\n\r\n'}                   | ${'no problem: []'}
    ${': comment\n\ndata\n\nevent: control-message\ndata:{"event":"END_OF_CHANNEL"}\nid\n\n'} | ${'no problem: []'}
  `('reads $body as $text', async ({ body, text }) => {
    expect(await read(splunk, String(body))).toBe(text);
  });
});
