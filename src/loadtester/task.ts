// SPDX-License-Identifier: Apache-2.0
import { restrictToCommands } from './allowed-commands.js';
import type { Command } from './command-run.js';
import { type LoadPlan, readLoadPlan } from './load-plan.js';
import type { Payload } from './payload.js';
import { readShellWords } from './shell-words.js';

const blockingTypes = ['bash', 'helm', 'helmv3', 'kubectl'] as const;

/** Metadata `type` of a task. */
export type TaskType = BackgroundTask['type'] | BlockingTask['type'];

interface TaskFacts {
  /** The Canary that asks, as its webhook says. */
  readonly canary: { readonly name: string; readonly namespace: string };
  /** What is to be done, as the user wrote it; tells tasks of one Canary apart. */
  readonly text: string;
  /** Whether the output of a success is logged; that of a failure always is. */
  readonly logsOutput: boolean;
}

/** Something to do beside the calls: they get an answer at once. At most one of the same text runs per Canary. */
export interface BackgroundTask extends TaskFacts {
  readonly kind: 'background';
  readonly type: 'cmd' | 'load';
  readonly work:
    { readonly kind: 'command'; readonly command: Command } | { readonly kind: 'load'; readonly plan: LoadPlan };
  /** Whether the call after a failed run is answered with that failure. */
  readonly failsNextCall: boolean;
}

/** Something that the call waits for. */
export interface BlockingTask extends TaskFacts {
  readonly kind: 'blocking';
  readonly type: (typeof blockingTypes)[number];
  readonly work: { readonly kind: 'command'; readonly command: Command };
  readonly returnsOutput: boolean;
}

export type Task = BackgroundTask | BlockingTask;

export type TaskReading =
  | { readonly kind: 'task'; readonly task: Task }
  /** The call is at fault. */
  | { readonly kind: 'malformed'; readonly reason: string }
  /** The load tester is told not to do this. */
  | { readonly kind: 'forbidden'; readonly reason: string };

/** @param allowedCommands programs that tasks may start; empty allows all */
export function readTask({ name, namespace, metadata }: Payload, allowedCommands: ReadonlySet<string>): TaskReading {
  if (metadata.size === 0) return malformed('metadata not found in payload');
  const type = metadata.get('type') ?? 'cmd';
  const canary = { name, namespace };
  if (type === 'load') return readLoad(canary, metadata);
  if (type === 'cmd' || isBlockingType(type)) return readCommand(canary, type, metadata, allowedCommands);
  return malformed(`unknown task type ${type}`);
}

type Metadata = Payload['metadata'];

function readLoad(canary: TaskFacts['canary'], metadata: Metadata): TaskReading {
  const reading = readLoadPlan(metadata);
  if (reading.kind === 'refused') return malformed(reading.reason);
  const { plan } = reading;
  const text = ['url', 'host', 'rps', 'duration', 'connections']
    .filter((key) => (metadata.get(key) ?? '') !== '')
    .map((key) => (key === 'url' ? plan.url : `${key}=${metadata.get(key) ?? ''}`))
    .join(' ');
  return {
    kind: 'task',
    task: {
      kind: 'background',
      canary,
      type: 'load',
      text,
      work: { kind: 'load', plan },
      logsOutput: readBoolean(metadata, 'logCmdOutput', false),
      failsNextCall: readBoolean(metadata, 'failOnError', false),
    },
  };
}

function readCommand(
  canary: TaskFacts['canary'],
  type: 'cmd' | BlockingTask['type'],
  metadata: Metadata,
  allowedCommands: ReadonlySet<string>,
): TaskReading {
  const text = metadata.get('cmd') ?? '';
  if (text.trim() === '') return malformed('cmd not found in metadata');
  const reading =
    type === 'cmd' || type === 'bash'
      ? readScript(type, text, allowedCommands)
      : readArguments(type, text, allowedCommands);
  if (reading.kind !== 'command') return reading;
  const work = { kind: 'command', command: reading.command } as const;
  const logsOutput = readBoolean(metadata, 'logCmdOutput', type !== 'cmd');
  if (type === 'cmd') {
    const failsNextCall = readBoolean(metadata, 'failOnError', false);
    return {
      kind: 'task',
      task: { kind: 'background', canary, type, text, work, logsOutput, failsNextCall },
    };
  }
  const returnsOutput = readBoolean(metadata, 'returnCmdOutput', false);
  return {
    kind: 'task',
    task: { kind: 'blocking', canary, type, text, work, logsOutput, returnsOutput },
  };
}

type CommandReading = { readonly kind: 'command'; readonly command: Command } | Exclude<TaskReading, { kind: 'task' }>;

/** The whole text is for a shell. */
function readScript(type: 'cmd' | 'bash', text: string, allowedCommands: ReadonlySet<string>): CommandReading {
  const program = type === 'cmd' ? 'sh' : 'bash';
  if (allowedCommands.size === 0) return { kind: 'command', command: { program, args: ['-c', text] } };
  const check = restrictToCommands(text, allowedCommands);
  if (check.kind === 'refused') return { kind: 'forbidden', reason: `command not allowed: ${check.reason}` };
  return { kind: 'command', command: { program, args: ['-c', check.line] } };
}

/** The text is the arguments of a program; quotes keep blanks, and no shell sees it. */
function readArguments(
  type: Exclude<BlockingTask['type'], 'bash'>,
  text: string,
  allowedCommands: ReadonlySet<string>,
): CommandReading {
  const program = type === 'helmv3' ? 'helm' : type;
  if (allowedCommands.size > 0 && !allowedCommands.has(program)) {
    return { kind: 'forbidden', reason: `command not allowed: ${program} is not among the allowed commands` };
  }
  const reading = readShellWords(text, { forShell: false });
  if (reading.kind === 'refused') return malformed(`cmd: ${reading.reason}`);
  return { kind: 'command', command: { program, args: reading.tokens.map((token) => token.text) } };
}

function isBlockingType(type: string): type is BlockingTask['type'] {
  return blockingTypes.some((known) => known === type);
}

/** Reads what Go's strconv.ParseBool takes; the default stands for every other text. */
function readBoolean(metadata: Metadata, key: string, fallback: boolean): boolean {
  const text = metadata.get(key) ?? '';
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : fallback;
}

function malformed(reason: string): { readonly kind: 'malformed'; readonly reason: string } {
  return { kind: 'malformed', reason };
}
