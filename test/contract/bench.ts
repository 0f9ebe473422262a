// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll } from '@jest/globals';
import { at, ContractClient, textAt, type Answer, type ContractCluster } from './cluster.js';

/** What the cases of one run share: a client, and a namespace of their own. */
export interface Bench {
  readonly client: ContractClient;
  readonly namespace: string;
  /** A name that no other case uses. */
  name(): string;
  /** Creates an object and returns it. Fails the case when that does not work. */
  created(path: string, object: object): Promise<unknown>;
}

/** Declares the set-up of a bench; what it gives exists only while tests run. */
export function declareBench(cluster: () => ContractCluster): Bench {
  const namespace = `contract-${process.pid}-${Math.floor(performance.now())}`;
  const holder: { client?: ContractClient } = {};
  let names = 0;
  const bench: Bench = {
    namespace,
    get client() {
      if (holder.client === undefined) throw new Error('The bench is used before its tests run');
      return holder.client;
    },
    name: () => `case-${(names += 1)}`,
    created: async (path, object) => successful(await bench.client.post(path, object)),
  };
  beforeAll(async () => {
    holder.client = new ContractClient(cluster());
    await bench.created('/api/v1/namespaces', { metadata: { name: namespace } });
  });
  afterAll(async () => {
    await holder.client?.delete(`/api/v1/namespaces/${namespace}`);
    holder.client?.close();
  });
  return bench;
}

/** The body of an answer that must be a success. */
export function successful({ status, body }: Answer): unknown {
  if (status < 200 || status > 299) throw new Error(`HTTP ${status}: ${textAt(body, 'message')}`);
  return body;
}

export function versionOf(object: unknown): string {
  return textAt(object, 'metadata.resourceVersion');
}

export function uidOf(object: unknown): string {
  return textAt(object, 'metadata.uid');
}

export function generationOf(object: unknown): unknown {
  return at(object, 'metadata.generation');
}

/** Asks again until the answer is as wanted; fails after a minute. */
export async function eventually(ask: () => Promise<Answer>, isWanted: (answer: Answer) => boolean): Promise<Answer> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`waited in vain, last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The answer is a Status with these fields. */
export function failure(code: number, reason: string, message: string): object {
  return { status: code, body: { kind: 'Status', status: 'Failure', code, reason, message } };
}
