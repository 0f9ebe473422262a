// SPDX-License-Identifier: Apache-2.0
import { parseStatus } from '../api/status-schema.js';
import type { AlertNotice } from './alert-notice.js';

/** What people were told about one Canary since its revision or phase changed. */
interface Told {
  readonly moment: string;
  readonly messages: Set<string>;
}

const maxCanaries = 10_000;
const maxMessages = 64;

/**
 * Knows an alert that was told before, so that a reconcile that is done again does not repeat it (D43): same Canary,
 * revision, phase and message. A gate that holds a rollout at each weight is told once for each.
 * When the phase or the revision changes, everything is news again: a revision may be rolled out, and fail, twice.
 */
export class ToldAlerts {
  private readonly canaries = new Map<string, Told>();

  /** Remembers the alert. */
  isNews(notice: AlertNotice): boolean {
    const { canary, revision, phase, message } = notice;
    const { uid = `${canary.metadata.namespace ?? ''}/${canary.metadata.name}` } = canary.metadata;
    const { messages } = this.at(uid, `${revision} ${phase}`);
    const told = `${parseStatus(canary.status).canaryWeight} ${message}`;
    if (messages.has(told)) return false;
    messages.add(told);
    dropFirst(messages, maxMessages);
    return true;
  }

  private at(uid: string, moment: string): Told {
    const known = this.canaries.get(uid);
    const told = known?.moment === moment ? known : { moment, messages: new Set<string>() };
    // Moved to the end, so that the Canary of which nothing was heard for longest is forgotten first.
    this.canaries.delete(uid);
    this.canaries.set(uid, told);
    dropFirst(this.canaries, maxCanaries);
    return told;
  }
}

function dropFirst(collection: Map<string, unknown> | Set<string>, maxSize: number): void {
  const [first] = collection.keys();
  if (collection.size > maxSize && first !== undefined) collection.delete(first);
}
