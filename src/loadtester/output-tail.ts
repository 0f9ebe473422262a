// SPDX-License-Identifier: Apache-2.0

/** Keeps the last bytes of an output and forgets the rest. */
export class OutputTail {
  private chunks: Buffer[] = [];
  private keptBytes = 0;
  private cutBytes = 0;

  /** @param limitBytes how much is kept, at least 1 */
  constructor(private readonly limitBytes: number) {}

  append(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.keptBytes += chunk.length;
    // Twice the limit before it is cut, so that many small chunks do not each cost a copy.
    if (this.keptBytes > 2 * this.limitBytes || this.chunks.length > 1_024) this.compact();
  }

  /** What is kept as text; a first line says how much is missing. */
  text(): string {
    this.compact();
    const [kept = Buffer.alloc(0)] = this.chunks;
    if (this.cutBytes === 0) return kept.toString('utf8');
    const start = kept.findIndex((byte) => !isContinuation(byte));
    const whole = kept.subarray(Math.max(0, start));
    return `[${this.cutBytes + kept.length - whole.length} bytes cut]\n${whole.toString('utf8')}`;
  }

  private compact(): void {
    const all = Buffer.concat(this.chunks);
    const kept = all.length > this.limitBytes ? Buffer.from(all.subarray(-this.limitBytes)) : all;
    this.cutBytes += all.length - kept.length;
    this.keptBytes = kept.length;
    this.chunks = [kept];
  }
}

/** Whether a byte lies inside a character of UTF-8. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
