// SPDX-License-Identifier: Apache-2.0
import { OperatorError } from '../lib/operator-error.js';

/** A gate holds a rollout back until a person opens it; an open rollback gate rolls back. */
export interface GateKey {
  readonly kind: 'gate' | 'rollback';
  readonly name: string;
  readonly namespace: string;
}

export interface OpenGate extends GateKey {
  /** ISO 8601; empty when nobody knows. */
  readonly openedAt: string;
  /** The revision that the approval was used for; undefined until it was. */
  readonly checksum?: string | undefined;
}

/** Where the open gates are kept. Whatever is not in it is closed. */
export interface GateStore {
  find(key: GateKey): Promise<OpenGate | undefined>;
  /** Opens a gate, or replaces what is known of an open one. @throws GateRefused */
  open(gate: OpenGate): Promise<void>;
  /** Closing a closed gate is fine. */
  close(key: GateKey): Promise<void>;
  list(): Promise<readonly OpenGate[]>;
}

/** The gate cannot be kept: its name is too long, or there are too many. */
export class GateRefused extends OperatorError {
  readonly code = 'GATE_REFUSED';
  readonly retry = 'never';
}

/** How logs name a gate, as Flagger's do. */
export function gateText({ kind, name, namespace }: GateKey): string {
  return `${kind === 'rollback' ? 'rollback.' : ''}${name}.${namespace} ${kind}`;
}

const longestKey = 253;

/**
 * A key for ConfigMap data, which may hold letters, digits, dots, dashes and underscores: kind, namespace and name,
 * separated by dots. A namespace has no dots, so that the parts cannot run into one another; every other character that
 * is not in the name of a Kubernetes object is written as its bytes in hexadecimal, each after an underscore.
 * @throws GateRefused when it is too long
 */
export function encodeGateKey({ kind, name, namespace }: GateKey): string {
  const key = `${kind}.${escape(namespace, /[^a-z0-9-]/gu)}.${escape(name, /[^a-z0-9.-]/gu)}`;
  if (key.length > longestKey) throw new GateRefused('The name of the gate is too long');
  return key;
}

/** @returns undefined for a key that `encodeGateKey` does not make */
export function decodeGateKey(key: string): GateKey | undefined {
  const [, kind, namespace, name] = /^(gate|rollback)\.([^.]*)\.(.*)$/s.exec(key) ?? [];
  if ((kind !== 'gate' && kind !== 'rollback') || namespace === undefined || name === undefined) return undefined;
  return { kind, namespace: unescape(namespace), name: unescape(name) };
}

function escape(text: string, unfit: RegExp): string {
  return text.replaceAll(unfit, (character) => Buffer.from(character).toString('hex').replaceAll(/../g, '_$&'));
}

function unescape(text: string): string {
  return text.replaceAll(/(?:_[0-9a-f]{2})+/g, (bytes) =>
    Buffer.from(bytes.replaceAll('_', ''), 'hex').toString('utf8'),
  );
}
