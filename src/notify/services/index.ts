// SPDX-License-Identifier: Apache-2.0
// The chat servers that alerts can go to, one file each: a message and an endpoint in, a request out.
// Pure: nothing here sends, reads a Secret or knows a Canary.
// The members that Flagger sends keep their names, values and order; what we add comes behind them.
// Main types: ChatService, ChatRequest, Objection.
// chatServices has them by the type of the AlertProvider.
import type { AlertProviderType } from '../../api/alert-provider.js';
import type { ChatService } from './chat-service.js';
import { discord } from './discord.js';
import { gchat } from './gchat.js';
import { msteams } from './msteams.js';
import { rocket } from './rocket.js';
import { slack } from './slack.js';

export type { ChatRequest, ChatService, Objection } from './chat-service.js';

export const chatServices: Readonly<Record<AlertProviderType, ChatService>> = {
  slack,
  msteams,
  discord,
  rocket,
  gchat,
};
