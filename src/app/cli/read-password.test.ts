import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { runCommandLine } from './run-command-line.ts';
import type { Command } from './command.ts';
import { PASSWORD_OPTIONS, readPassword } from './read-password.ts';

let seen: string | null = null;
const COMMAND: Command = {
  name: 'ask',
  synopsis: '',
  summary: 'Asks',
  options: PASSWORD_OPTIONS,
  async run(context) {
    seen = await readPassword(context);
  },
};

/** A terminal on which somebody types; each answer after its question. */
class TypedTerminal extends PassThrough {
  readonly isTTY = true;
  readonly modes: boolean[] = [];
  shown = '';

  setRawMode(mode: boolean): this {
    this.modes.push(mode);
    return this;
  }

  async ask(...answers: string[]): Promise<number> {
    return await runCommandLine(['ask'], [COMMAND], {
      stdin: this,
      stdout: { write() {} },
      stderr: {
        write: (text) => {
          this.shown += text;
          if (text.endsWith(': ')) setImmediate(() => this.write(answers.shift() ?? ''));
        },
      },
      env: {},
      folder: '/',
    });
  }
}

test('a terminal is asked twice, and shows nothing', async () => {
  const terminal = new TypedTerminal();
  assert.equal(await terminal.ask('secrex\u007ft\r', 'secret\r'), 0);
  assert.equal(seen, 'secret');
  assert.equal(terminal.shown, 'Password: \nOnce more: \n');
  assert.deepEqual(terminal.modes, [true, false, true, false]);
});

test('different entries, an empty one and an interruption', async () => {
  const different = new TypedTerminal();
  assert.equal(await different.ask('one\n', 'two\n'), 2);
  assert.match(different.shown, /the two passwords differ/u);
  assert.equal(await new TypedTerminal().ask('\r'), 0);
  assert.equal(seen, null);
  const interrupted = new TypedTerminal();
  assert.equal(await interrupted.ask('sec\u0003'), 2);
  assert.deepEqual(interrupted.modes, [true, false]);
});
