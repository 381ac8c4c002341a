// The timeline of a message for the terminal: one line a step, aligned, in local time, with the delay of each step.
import type { MessageTrace, TraceStep } from './trace.ts';

export interface TraceTextOptions {
  /** Escape sequences for a terminal. */
  readonly colours: boolean;
  /** Minutes east of UTC at that time; default: the machine's zone. */
  readonly zoneMinutesAt?: (ms: number) => number;
}

/** A word for each kind that a person understands. */
const WORDS: Readonly<Record<TraceStep['kind'], string>> = {
  hop: 'passed',
  received: 'received',
  refused: 'refused',
  routed: 'routed',
  expanded: 'expanded',
  delivered: 'delivered',
  queued: 'queued',
  attempted: 'tried',
  relayed: 'relayed',
  deferred: 'waits',
  failed: 'failed',
  expired: 'expired',
  reported: 'reported',
  removed: 'removed',
};

const RED = 31;
const GREEN = 32;
const YELLOW = 33;
const COLOURS: Partial<Record<TraceStep['kind'], number>> = {
  refused: RED,
  failed: RED,
  expired: RED,
  deferred: YELLOW,
  delivered: GREEN,
  relayed: GREEN,
};
const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** `+7 ms`, `+0.3 s`, `+4 min`, `+2.5 h`, `+3 d`; a minus where the clocks of two servers differ. */
export function formatDelay(delayMs: number): string {
  const ms = Math.abs(Math.round(delayMs));
  const sign = delayMs < 0 ? '-' : '+';
  if (ms < 100) return `${sign}${ms} ms`;
  if (ms < 100 * SECOND_MS) return `${sign}${short(ms / SECOND_MS)} s`;
  if (ms < 100 * MINUTE_MS) return `${sign}${short(ms / MINUTE_MS)} min`;
  if (ms < 100 * HOUR_MS) return `${sign}${short(ms / HOUR_MS)} h`;
  return `${sign}${short(ms / DAY_MS)} d`;
}

function short(value: number): string {
  return value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}

/** All timelines, an empty line between them. */
export function formatTraces(traces: readonly MessageTrace[], options: TraceTextOptions): string {
  return traces.map((trace) => formatTrace(trace, options)).join('\n\n');
}

/** One timeline; lines without an end of line at the last. */
export function formatTrace(trace: MessageTrace, options: TraceTextOptions): string {
  const paint = (colour: number | undefined, text: string): string =>
    options.colours && colour !== undefined ? `\u001b[${colour}m${text}\u001b[0m` : text;
  const from = trace.reversePath === '' ? '<> (a report)' : trace.reversePath;
  const title = `${safe(trace.messageId ?? 'no message id')}  from ${safe(from)}  queue id ${trace.queueId}`;
  const rows = trace.steps.map((step) => ({
    step,
    time: step.atMs === null ? '' : localTime(step.atMs, options),
    delay: step.delayMs === null ? '' : formatDelay(step.delayMs),
    told: describeStep(step),
  }));
  const wide = (key: 'time' | 'delay'): number => Math.max(0, ...rows.map((row) => row[key].length));
  const widths = {
    time: wide('time'),
    delay: wide('delay'),
    word: Math.max(0, ...rows.map(({ step }) => WORDS[step.kind].length)),
  };
  const lines = rows.map(({ step, time, delay, told }) => {
    const word = paint(COLOURS[step.kind], WORDS[step.kind].padEnd(widths.word));
    return `  ${time.padEnd(widths.time)}  ${delay.padStart(widths.delay)}  ${arrowOf(step)} ${word}  ${told}`.trimEnd();
  });
  const total =
    trace.totalMs === null ? [] : [`  ${trace.steps.length} steps in ${formatDelay(trace.totalMs).slice(1)}`];
  const gone = trace.stored
    ? []
    : ['  The message itself is not here any more, so the servers before this one are not shown.'];
  return [paint(1, title), ...lines, ...total, ...gone].join('\n');
}

/** In: to us; out: from us to another server; else here. */
function arrowOf(step: TraceStep): string {
  if (step.kind === 'hop' || step.kind === 'received') return '→';
  if (step.kind === 'delivered') return '■';
  return step.host === null && step.address === null ? '·' : '⇢';
}

function describeStep(step: TraceStep): string {
  const isInward = step.kind === 'hop' || step.kind === 'received';
  const peer = peerText(step);
  const parts = [
    step.recipient === null ? null : `for ${step.recipient}`,
    peer === null ? null : `${isInward ? 'from' : 'at'} ${peer}`,
    step.by === null ? null : `by ${step.by}`,
    step.protocol === null ? null : `with ${step.protocol}`,
    step.tls === null ? null : `(${step.tls})`,
    ...Object.entries(step.data)
      .filter(([key, value]) => value !== null && value !== '' && key !== 'id' && value !== step.recipient)
      .map(([key, value]) => `${key}=${value}`),
    step.reply === null ? null : `“${step.reply}”`,
  ];
  return safe(parts.filter((part) => part !== null).join(' '));
}

function peerText({ host, address }: TraceStep): string | null {
  if (host === null) return address === null ? null : `[${address}]`;
  return address === null || host.includes(address) ? host : `${host} [${address}]`;
}

/** A remote's words must not steer the terminal. */
function safe(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}

/** Date and time of day with milliseconds, in the zone of the reader. */
function localTime(atMs: number, options: TraceTextOptions): string {
  const zoneMinutes = options.zoneMinutesAt?.(atMs) ?? -new Date(atMs).getTimezoneOffset();
  return new Date(atMs + zoneMinutes * MINUTE_MS).toISOString().slice(0, -1).replace('T', ' ');
}
