// The log: structured lines on stderr by pino, one JSON value each; short lines when stderr is a terminal. Each thread
// writes its own. What must never be logged is dropped here, whoever passes it: passwords, secrets, subjects.
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { Log, LogFields } from '../base/log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** The least important line that is written. */
  readonly level: LogLevel | 'silent';
  /** Which thread speaks, e.g. `main`, `protocol-1`, `store`. */
  readonly thread: string;
  /** Short lines for people rather than JSON; default: whether stderr is a terminal. */
  readonly terminal?: boolean;
  /** Where lines go, each with its line feed; default: stderr. */
  readonly write?: (line: string) => void;
}

const STDERR = 2;
const FORBIDDEN: ReadonlySet<string> = new Set(['password', 'secret', 'subject', 'authorization']);
const DEPTH_MAX = 5;
const VALUE_MAX_CHARACTERS = 4000;

/** A log of this thread. */
export function createLog(options: LogOptions): Log {
  const write = options.write ?? writeToStderr;
  const terminal = options.terminal ?? isatty(STDERR);
  const logger = pino(
    {
      level: options.level,
      base: { thread: options.thread },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'text',
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: terminal ? (line: string) => write(formatShortLine(line)) : write },
  );
  return toLog(logger as unknown as Logger);
}

type Logger = ReturnType<typeof pino>;

function toLog(logger: Logger): Log {
  const at =
    (level: LogLevel) =>
    (fields: LogFields, text: string): void => {
      if (logger.isLevelEnabled(level)) logger[level](withoutSecrets(fields), text);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => toLog(logger.child(withoutSecrets(fields))),
  };
}

/** The fields as they may be written: forbidden keys are dropped at every depth, errors become their facts. */
export function withoutSecrets(fields: LogFields): LogFields {
  return cleanRecord(fields, 0);
}

function cleanRecord(fields: object, depth: number): LogFields {
  const clean: LogFields = {};
  for (const [key, value] of Object.entries(fields)) {
    if (!FORBIDDEN.has(key.toLowerCase())) clean[key] = cleanValue(value, depth + 1);
  }
  return clean;
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    return value.length > VALUE_MAX_CHARACTERS ? `${value.slice(0, VALUE_MAX_CHARACTERS)}…` : value;
  }
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) return '…';
  if (value instanceof Error)
    return cleanRecord({ ...errorFacts(value), ...Object.fromEntries(Object.entries(value)) }, depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `${value.byteLength} octets`;
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return `${value.size} entries`;
  return cleanRecord(value, depth);
}

function errorFacts(error: Error): LogFields {
  const facts = { name: error.name, message: error.message, stack: error.stack };
  return error.cause === undefined ? facts : { ...facts, cause: error.cause };
}

/** A full pipe is waited for a moment; a reader that is gone does not stop the server. */
function writeToStderr(line: string): void {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      writeSync(STDERR, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

const MARKS: Readonly<Record<string, string>> = { debug: '·', info: ' ', warn: '!', error: '✗' };

/** `14:02:11.123 ! store  the log is long  walBytes=12`; the stack of an error on lines of its own. */
function formatShortLine(json: string): string {
  const { level, time, thread, text, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const stacks: string[] = [];
  const words = Object.entries(fields).map(([key, value]) => {
    const stack = isRecord(value) ? value['stack'] : undefined;
    if (typeof stack === 'string') stacks.push(stack);
    const told = isRecord(value) && typeof value['message'] === 'string' ? value['message'] : value;
    return `${key}=${typeof told === 'string' && /^[^\s"]+$/u.test(told) ? told : JSON.stringify(told)}`;
  });
  const clock = localClock(String(time));
  const line = [`${clock} ${MARKS[String(level)] ?? '?'} ${String(thread)}`, String(text), ...words].join('  ');
  return `${[line, ...stacks].join('\n')}\n`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function localClock(time: string): string {
  const date = new Date(time);
  const offsetMs = date.getTimezoneOffset() * 60_000;
  return new Date(date.getTime() - offsetMs).toISOString().slice(11, 23);
}
