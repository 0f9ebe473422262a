// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { ConfigMap, ObjectKey } from '../api/kubernetes.js';
import {
  isAlreadyExists,
  isNotFound,
  type Reader,
  type RequestOptions,
  resources,
  type Writer,
} from '../kube/index.js';
import { decodeGateKey, encodeGateKey, type GateKey, type GateStore, type OpenGate } from './gate.js';

/** A caller waits: better a failed call, which asks again, than one that outlives its caller. */
const options: RequestOptions = { attempts: 2 };

/** What is kept of an open gate. People may write the entry by hand; then its presence alone counts. */
const Entry = z.object({ openedAt: z.string().catch(''), checksum: z.string().optional().catch(undefined) });

/**
 * Keeps the gates in a ConfigMap, an entry for each open one, so that they survive a restart and several replicas see the
 * same. Every call reads or writes it: what a person changes in it with kubectl counts at once.
 * Methods throw ApiError when the API server does not answer or refuses.
 */
export function createConfigMapGates(
  client: Pick<Reader & Writer, 'get' | 'create' | 'mergePatch'>,
  place: ObjectKey,
): GateStore {
  async function read(): Promise<Readonly<Record<string, string>>> {
    return (await client.get(resources.configMaps, place, options))?.data ?? {};
  }

  /** A merge patch changes one entry, whatever others do to the rest at the same time. */
  async function write(key: string, value: string | null): Promise<void> {
    await client.mergePatch(resources.configMaps, place, { data: { [key]: value } }, options);
  }

  async function create(data: Readonly<Record<string, string>>): Promise<void> {
    const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...place }, data };
    await client.create(resources.configMaps, object, options);
  }

  return {
    async find(key) {
      const encoded = encodeGateKey(key);
      const text = (await read())[encoded];
      return text === undefined ? undefined : toGate(key, text);
    },
    async open({ kind, name, namespace, ...facts }) {
      const key = encodeGateKey({ kind, name, namespace });
      const value = JSON.stringify(facts);
      try {
        await write(key, value);
      } catch (error) {
        if (!isNotFound(error)) throw error;
        await create({ [key]: value }).catch(async (problem: unknown) => {
          if (!isAlreadyExists(problem)) throw problem;
          await write(key, value);
        });
      }
    },
    async close(key) {
      try {
        await write(encodeGateKey(key), null);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
    async list() {
      return Object.entries(await read()).flatMap(([key, text]) => {
        const gate = decodeGateKey(key);
        return gate === undefined ? [] : [toGate(gate, text)];
      });
    },
  };
}

function toGate(key: GateKey, text: string): OpenGate {
  return { ...key, ...parseEntry(text) };
}

function parseEntry(text: string): z.infer<typeof Entry> {
  try {
    return Entry.parse(JSON.parse(text));
  } catch {
    return { openedAt: '' };
  }
}
