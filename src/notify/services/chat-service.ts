// SPDX-License-Identifier: Apache-2.0
import type { AlertMessage } from '../alert-message.js';
import type { Endpoint } from '../endpoint.js';

export interface ChatRequest {
  readonly url: URL;
  /** Becomes JSON. Members that Flagger sends come in its order; ours follow. */
  readonly body: Readonly<Record<string, unknown>>;
  /** For the Authorization header. */
  readonly bearerToken?: string;
}

/** Why an answer of 2xx is a failure all the same. */
export interface Objection {
  readonly error: string;
  /** Whether the same message may get through later. */
  readonly mayPass: boolean;
}

/** How one kind of chat server is written to. Pure. */
export interface ChatService {
  request(message: AlertMessage, endpoint: Endpoint): ChatRequest;
  /** Reads the body of a 2xx answer; undefined: the message was taken. */
  objection?(body: string): Objection | undefined;
}
