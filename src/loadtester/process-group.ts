// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from '../lib/clock.js';

/** The processes that a command started, itself included: they all carry the id of its process as their group. */
export interface ProcessGroup {
  /** Whether any process of the group is left. */
  exists(): boolean;
  /** Resolves when no process is left, or when the signal is aborted. */
  whenGone(signal: AbortSignal): Promise<void>;
  /**
   * Asks all processes to end (SIGTERM), kills those that are left after the grace period (SIGKILL), and resolves when
   * none is left. One that even then does not go (it hangs in the kernel) is waited for no longer than a second grace
   * period.
   */
  end(graceMs: number): Promise<void>;
}

const idlePollMs = 1_000;
const endingPollMs = 20;

/** @param leaderPid id of a process that was started as the leader of a group of its own, and is not collected yet */
export function processGroup(leaderPid: number, clock: Clock): ProcessGroup {
  const exists = (): boolean => send(leaderPid, 0) && hasLivingMember(leaderPid);

  async function whenGoneWithin(limitMs: number): Promise<void> {
    const deadlineMs = clock.monotonicMs() + limitMs;
    while (exists() && clock.monotonicMs() < deadlineMs) await clock.sleep(endingPollMs);
  }

  return {
    exists,
    async whenGone(signal) {
      while (exists() && !signal.aborted) await clock.sleep(idlePollMs, signal);
    },
    async end(graceMs) {
      if (!send(leaderPid, 'SIGTERM')) return;
      await whenGoneWithin(graceMs);
      if (send(leaderPid, 'SIGKILL')) await whenGoneWithin(graceMs);
    },
  };
}

/** @returns false when there is no process of the group */
function send(leaderPid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-leaderPid, signal);
    return true;
  } catch {
    // ESRCH. Another failure (EPERM: a program with another user's rights) leaves nothing that we could do either.
    return false;
  }
}

/**
 * Whether a process of the group is more than an entry in the process table: the dead stay there for as long as nobody
 * collects them, and in a container without an init that is for ever.
 */
function hasLivingMember(leaderPid: number): boolean {
  let names: readonly string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    // Not Linux: the signal alone decides.
    return true;
  }
  return names.some((name) => isLivingMember(name, leaderPid));
}

/** Reads proc(5)'s stat: id, name in parentheses (which may hold any character), state, parent, group. */
function isLivingMember(pid: string, leaderPid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, , group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return Number(group) === leaderPid && state !== 'Z' && state !== 'X';
  } catch {
    // It is gone by now.
    return false;
  }
}
