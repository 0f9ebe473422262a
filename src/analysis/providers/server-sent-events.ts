// SPDX-License-Identifier: Apache-2.0

/** One event of a text/event-stream. */
export interface ServerSentEvent {
  /** Its name, "message" when it has none. */
  readonly name: string;
  readonly data: string;
}

/** The events of a stream that was read to its end; what follows the last empty line is no event. */
export function parseEvents(text: string): readonly ServerSentEvent[] {
  const blocks = text.replace(/^\uFEFF/, '').split(/\r\n\r\n|\n\n|\r\r/);
  return blocks.slice(0, -1).flatMap((block) => {
    const fields = block.split(/\r\n|\n|\r/).map(parseField);
    const data = fields.filter(({ name }) => name === 'data').map(({ value }) => value);
    const name = fields.findLast((field) => field.name === 'event')?.value ?? 'message';
    return data.length === 0 ? [] : [{ name, data: data.join('\n') }];
  });
}

function parseField(line: string): { readonly name: string; readonly value: string } {
  const colon = line.indexOf(':');
  if (colon === -1) return { name: line, value: '' };
  return { name: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') };
}
