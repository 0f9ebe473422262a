// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { defined } from '../lib/defined.js';
import type { KubeObject, ObjectKey } from './kubernetes.js';
import { objectKey } from './names.js';
import { withoutNulls } from './plain-json.js';
import { problemsOf, problemText } from './problems.js';
import { text } from './schema-fields.js';

export const alertProviderTypes = ['slack', 'msteams', 'discord', 'rocket', 'gchat'] as const;

export type AlertProviderType = (typeof alertProviderTypes)[number];

export const AlertProviderSpecSchema = z
  .object({
    type: z.enum(alertProviderTypes).meta({ description: 'Kind of the chat service. Required.' }),
    channel: text('Channel to post to. Read with slack, discord and rocket only. Default: general.'),
    username: text('Name to post as. Read with slack, discord and rocket only. Default: flagger.'),
    address: text('URL of the incoming webhook. Required unless secretRef gives it.'),
    proxy: text('URL of the HTTP proxy to use. Default: none.'),
    secretRef: z
      .object({ name: z.string().meta({ description: 'Name of the Secret. Required.' }) })
      .optional()
      .meta({
        description:
          'Secret in the namespace of the AlertProvider with the key address, which wins over the field address, and with slack optionally the key token of a bot. Default: none.',
      }),
  })
  .meta({
    // Flagger's oneOf refuses an object with both, which its own documentation shows.
    anyOf: [{ required: ['type', 'address'] }, { required: ['type', 'secretRef'] }],
    description: 'A chat service that Canaries refer to in analysis.alerts[].providerRef. Needs address or secretRef.',
  });

/** An AlertProvider as it is stored. */
export interface AlertProviderObject extends KubeObject {
  readonly spec?: unknown;
}

export interface AlertProvider {
  readonly key: ObjectKey;
  readonly type: AlertProviderType;
  readonly channel: string;
  readonly username: string;
  /** Absent: the Secret has it. */
  readonly address?: string;
  readonly proxy?: string;
  /** In the namespace of the provider. */
  readonly secretName?: string;
}

export type AlertProviderResult =
  | { readonly kind: 'ok'; readonly provider: AlertProvider }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Reads a stored AlertProvider, whatever its spec holds. Each problem names the field, the fact and the way out. */
export function readAlertProvider(object: AlertProviderObject): AlertProviderResult {
  const result = AlertProviderSpecSchema.safeParse(withoutNulls(object.spec), { error: problemText });
  if (!result.success) return { kind: 'invalid', problems: problemsOf(result.error, 'spec') };
  const { type, channel = 'general', username = 'flagger', address, proxy, secretRef } = result.data;
  if (address === undefined && secretRef === undefined) {
    return {
      kind: 'invalid',
      problems: ['spec.address is missing, set it or name a Secret with it in spec.secretRef'],
    };
  }
  const key = objectKey(object);
  return {
    kind: 'ok',
    provider: defined({ key, type, channel, username, address, proxy, secretName: secretRef?.name }),
  };
}
