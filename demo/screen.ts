// SPDX-License-Identifier: Apache-2.0
import { plainStatus, renderFrame, timeText, type DemoView } from './frame.js';

/** Where the demo is shown. */
export interface Screen {
  /** Shows a moment. Called often. */
  show(view: DemoView): void;
  /** Says something that stays. */
  say(text: string): void;
  close(): void;
}

export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export function createScreen(output: Output, isPlain: boolean): Screen {
  return output.isTTY === true && !isPlain ? new LiveScreen(output) : new PlainScreen(output);
}

const home = '\u001b[H';
const clear = '\u001b[2J';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

/** Draws over itself, on a terminal. */
class LiveScreen implements Screen {
  #isLive = false;

  constructor(private readonly output: Output) {}

  show(view: DemoView): void {
    const start = this.#isLive ? home : `${hideCursor}${clear}${home}`;
    this.#isLive = true;
    this.output.write(`${start}${renderFrame(view).join(`${clearLine}\n`)}${clearLine}\n${clearBelow}`);
  }

  say(text: string): void {
    this.close();
    this.output.write(`${text}\n`);
  }

  close(): void {
    if (!this.#isLive) return;
    this.#isLive = false;
    this.output.write(`${showCursor}\n`);
  }
}

/** Pause between two lines about the state of things. */
const statusEveryMs = 5_000;

/** Line by line, for files and logs. */
class PlainScreen implements Screen {
  #shown = 0;
  #act = '';
  #statusAtMs = 0;

  constructor(private readonly output: Output) {}

  show(view: DemoView): void {
    if (view.act !== this.#act) this.output.write(`\n# ${view.act}\n`);
    this.#act = view.act;
    for (const { atMs, type, message } of view.said.slice(this.#shown)) {
      this.output.write(`${timeText(atMs)}  ${type.padEnd(8)} ${message}\n`);
    }
    this.#shown = view.said.length;
    if (view.elapsedMs - this.#statusAtMs < statusEveryMs) return;
    this.#statusAtMs = view.elapsedMs;
    this.output.write(`${timeText(view.elapsedMs)}           ${plainStatus(view)}\n`);
  }

  say(text: string): void {
    this.output.write(`${text}\n`);
  }

  close(): void {
    // Nothing is open.
  }
}
