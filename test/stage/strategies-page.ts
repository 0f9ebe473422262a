// SPDX-License-Identifier: Apache-2.0
import { parse } from 'yaml';
import type { Canary } from '../../src/api/canary.js';
import type { Ingress } from '../../src/api/kubernetes.js';
import { skipperFilterAnnotation, skipperPredicateAnnotation, skipperWeightsAnnotation } from '../../src/api/names.js';
import { Stage } from './stage.js';
import { transcriptOf } from './transcript.js';
import { User } from './users.js';

export const pageFile = 'docs/strategies.md';

export interface PageSection {
  readonly title: string;
  /** What marks the user of the transcript. */
  readonly headers?: Readonly<Record<string, string>>;
  /** When the Ingresses are shown. Undefined: there are none. */
  readonly shows: ((stage: Stage) => boolean) | undefined;
}

/** The sections with a Canary. */
export const pageSections: readonly PageSection[] = [
  { title: 'Canary', shows: ({ status }) => status?.canaryWeight === 5 },
  { title: 'A/B testing', headers: { 'x-canary': 'insider' }, shows: ({ status }) => status?.iterations === 1 },
  { title: 'Blue/green', shows: ({ status }) => status?.iterations === 3 },
  { title: 'Mirroring', shows: ({ canaryIngresses }) => canaryIngresses.some(isCopying) },
  { title: 'Session affinity', shows: ({ status }) => status?.canaryWeight === 20 },
  { title: 'Provider kubernetes', shows: undefined },
];

/** A run of the Canary that a section shows. */
export interface SectionRun {
  readonly stage: Stage;
  readonly user: User;
  /** Rows of the table of Ingresses. */
  readonly rows: readonly string[];
  readonly transcript: readonly string[];
}

/** The text of a section, from its title on. */
export function sectionOf(page: string, title: string): string {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`));
  if (section === undefined) throw new Error(`the page has no section ${title}`);
  return section;
}

/** Rolls 6.0.1 out with the Canary of a section, on a stage of its own. */
export async function runSection(section: string, { headers, shows }: PageSection): Promise<SectionRun> {
  // Parse boundary: the stage's API server checks it.
  const canary = parse(/```yaml\n(.*?)```/s.exec(section)?.[1] ?? '') as Canary;
  const stage = new Stage();
  await stage.install(canary);
  const user = new User(stage, headers).stay();
  await stage.pass(5_000);
  const sinceMs = stage.clock.monotonicMs();
  stage.setVersion('6.0.1');
  let rows: readonly string[] = [];
  if (shows !== undefined) {
    await stage.until(shows, 'the Ingresses to show');
    rows = stage.canaryIngresses.toSorted((left, right) => rankOf(right) - rankOf(left)).map(row);
  }
  await stage.until(({ status }) => status?.phase === 'Succeeded', 'the promotion');
  await stage.pass(30_000);
  return { stage, user, rows, transcript: transcriptOf(stage, user, sinceMs) };
}

const tableHead = [
  '| Ingress | `zalando.org/skipper-predicate` | filter added | Services |',
  '| --- | --- | --- | --- |',
];
const table = /^\| Ingress \|[^]*?(?=\n\n)/m;
const transcriptBlock = /^```text\n[^]*?^```/m;

/** The section with the Ingresses and the transcript of a run. */
export function withRun(section: string, { rows, transcript }: Pick<SectionRun, 'rows' | 'transcript'>): string {
  const rowsText = [...tableHead, ...rows].join('\n');
  const transcriptText = ['```text', ...transcript, '```'].join('\n');
  return section.replace(table, () => rowsText).replace(transcriptBlock, () => transcriptText);
}

/** The page anew, from a run of each of its Canaries. */
export async function renderPage(page: string): Promise<string> {
  let rendered = page;
  for (const each of pageSections) {
    const section = sectionOf(page, each.title);
    const run = await runSection(section, each);
    rendered = rendered.replace(section, () => withRun(section, run));
  }
  return rendered;
}

/** The text for any times, counts of answers and names that are drawn anew. */
export function withoutChance(text: string): string {
  return text
    .replaceAll(/^ *\d+:\d\d/gm, 'm:ss')
    .replaceAll(/\b\d+ x /g, 'n x ')
    .replaceAll(/(flagger-|=|\^)[0-9a-f]{8,}/g, '$1drawn');
}

/** A line of the table. */
function row({ metadata: { name, annotations = {} }, spec }: Ingress): string {
  const services = (spec.rules ?? []).flatMap((rule) =>
    (rule.http?.paths ?? []).map(({ backend }) => backend.service?.name ?? ''),
  );
  const weights = new Map(Object.entries(parse(annotations[skipperWeightsAnnotation] ?? '{}') as object));
  const shares = services.length === 1 ? services : services.map((service) => `${service} ${weights.get(service)}`);
  // A bar would end the cell, in code too.
  const code = (text: string | undefined): string =>
    text === undefined ? '' : `\`${text.replaceAll('|', String.raw`\|`)}\``;
  const cells = [
    name,
    code(annotations[skipperPredicateAnnotation]),
    code(annotations[skipperFilterAnnotation]),
    shares.join(', '),
  ];
  return `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
}

function isCopying({ metadata: { annotations = {} } }: Ingress): boolean {
  return annotations[skipperFilterAnnotation]?.includes('teeLoopback(') === true;
}

/** Skipper tries routes with a higher weight first. */
function rankOf({ metadata: { annotations = {} } }: Ingress): number {
  return Number(/Weight\((\d+)\)/.exec(annotations[skipperPredicateAnnotation] ?? '')?.[1] ?? 0);
}
