// Runs dialogs that a mail person can read. One line a step:
//   C: text        sends the line with CRLF; C lines in a row leave in one write (pipelined)
//   C> text        sends exactly this; \r \n \t \\ and \xHH are escapes; may stand between C lines
//   S: regexp      the next line must match it whole
//   S* regexp      skips lines up to the one that matches
//   S. closed      the server ended the connection
//   TLS            starts TLS here (any certificate)
//   @ name value   an option for whoever makes the server; only before the first step
// Empty lines and lines that begin with # are comments.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';

export interface WireServer {
  /** A new connection to the server under test. */
  connect(): Promise<Socket>;
  close(): Promise<void>;
}

type StepKind = 'C:' | 'C>' | 'S:' | 'S*' | 'S.' | 'TLS';

interface Step {
  readonly kind: StepKind;
  readonly text: string;
  readonly line: number;
}

export interface WireScript {
  readonly options: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

/** One test for each script with this ending in the folder. */
export function testWireScripts(
  folder: URL,
  ending: string,
  start: (options: Readonly<Record<string, string>>) => Promise<WireServer>,
): void {
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .sort()) {
    test(`wire script ${name}`, async () => {
      const script = parseWireScript(readFileSync(new URL(name, folder), 'utf8'));
      const server = await start(script.options);
      try {
        await runWireScript(script, name, await server.connect());
      } finally {
        await server.close();
      }
    });
  }
}

/** Reads a script; throws on a line that is none of the steps. */
export function parseWireScript(text: string): WireScript {
  const options: Record<string, string> = {};
  const steps: Step[] = [];
  text.split('\n').forEach((source, index) => {
    if (source.trim() === '' || source.startsWith('#')) return;
    const option = /^@ (\S+) ?(.*)$/u.exec(source);
    const step = /^(C:|C>|S:|S\*|S\.|TLS)(?: (.*))?$/u.exec(source);
    if (option !== null && steps.length === 0) options[option[1]!] = option[2]!;
    else if (step !== null) steps.push({ kind: step[1] as StepKind, text: step[2] ?? '', line: index + 1 });
    else throw new Error(`line ${index + 1} is not a step: ${source}`);
  });
  return { options, steps };
}

/** Plays the script; rejects with file and line where the server says something else. */
export async function runWireScript(script: WireScript, name: string, socket: Socket): Promise<void> {
  let lines = new LineReader(socket);
  let ahead = '';
  for (const step of script.steps) {
    const where = `${name}:${step.line}`;
    if (step.kind !== 'C:' && step.kind !== 'C>' && ahead !== '') {
      socket.write(ahead, 'latin1');
      ahead = '';
    }
    switch (step.kind) {
      case 'C:':
        ahead += `${Buffer.from(step.text).toString('latin1')}\r\n`;
        break;
      case 'C>':
        ahead += unescapeOctets(step.text);
        break;
      case 'S:':
        assert.match((await lines.next(where)) ?? '(closed)', new RegExp(`^(?:${step.text})$`, 'u'), where);
        break;
      case 'S*':
        await skipTo(lines, new RegExp(`^(?:${step.text})$`, 'u'), where);
        break;
      case 'S.':
        assert.equal(await lines.next(where), null, `${where}: the connection should be closed`);
        break;
      case 'TLS':
        socket = await secure(socket, lines);
        lines = new LineReader(socket);
        break;
    }
  }
  socket.end(ahead, 'latin1');
  socket.destroySoon();
}

async function skipTo(lines: LineReader, pattern: RegExp, where: string): Promise<void> {
  for (;;) {
    const line = await lines.next(where);
    if (line === null) assert.fail(`${where}: closed before ${String(pattern)}`);
    if (pattern.test(line)) return;
  }
}

export function unescapeOctets(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/\\(?:x([0-9a-fA-F]{2})|([rnt\\]))/gu, (_, hex: string | undefined, letter: string | undefined) =>
      hex === undefined ? { r: '\r', n: '\n', t: '\t', '\\': '\\' }[letter!]! : String.fromCharCode(parseInt(hex, 16)),
    );
}

async function secure(plain: Socket, lines: LineReader): Promise<Socket> {
  lines.stop();
  const socket = connectTls({ socket: plain, rejectUnauthorized: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed during the handshake')));
  });
  return socket;
}

/** Lines as they arrive; a line that never comes fails the step instead of hanging the suite. */
class LineReader {
  readonly #socket: Socket;
  #octets = '';
  #closed = false;
  #wake: (() => void) | null = null;
  readonly #onData = (chunk: Buffer): void => {
    this.#octets += chunk.toString('latin1');
    this.#wake?.();
  };
  readonly #onClose = (): void => {
    this.#closed = true;
    this.#wake?.();
  };

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.on('end', this.#onClose);
    socket.on('close', this.#onClose);
    socket.on('error', this.#onClose);
  }

  stop(): void {
    this.#socket.off('data', this.#onData);
    this.#socket.pause();
  }

  async next(where: string): Promise<string | null> {
    const deadline = AbortSignal.timeout(10_000);
    for (;;) {
      const end = this.#octets.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#octets.slice(0, end);
        this.#octets = this.#octets.slice(end + 2);
        return Buffer.from(line, 'latin1').toString('utf8');
      }
      if (this.#closed) return null;
      if (deadline.aborted) throw new Error(`${where}: no answer within 10 s`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        deadline.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}
