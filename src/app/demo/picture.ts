// What the demonstration shows: a line for each step, and at the end the whole road in one picture.
import { formatDelay } from '../../services/journey/trace-text.ts';
import { hostnameOf } from './hosts.ts';
import type { RoadStep } from './road.ts';

/** What happened, for a person. */
export function describeRoadStep({ host, step }: RoadStep): string {
  const name = hostnameOf(host);
  if (step.kind === 'received') {
    const secured = step.tls === null ? 'not encrypted' : step.tls;
    return `${name} took it from ${step.host ?? step.address ?? 'a program'} by ${step.protocol ?? 'SMTP'}, ${secured}`;
  }
  if (step.kind === 'queued') return `${name} queued it for ${step.recipient ?? 'its recipients'}`;
  if (step.kind === 'delivered') return `${name} put it into the mailbox of ${step.recipient ?? 'its recipient'}`;
  const said = step.reply === null ? '' : `, which said “${step.reply}”`;
  if (step.kind === 'relayed') return `${name} passed it on to ${step.host ?? 'the next server'}${said}`;
  return `${name}: ${step.kind}${step.reply === null ? '' : ` “${step.reply}”`}`;
}

/** A leg of the road. */
export interface Leg {
  /** How it is carried: `submission`, `smtp`, `pop3`. */
  readonly by: string;
  readonly to: string;
  readonly tookMs: number;
}

/**
 * Where the time went: from Send to each server's commit, and from the last mailbox to Bob. `sentAtMs` and `readAtMs` are
 * wall clock, like the steps.
 */
export function legsOf(steps: readonly RoadStep[], sentAtMs: number, readAtMs: number): Leg[] {
  const legs: Leg[] = [];
  let beforeMs = sentAtMs;
  for (const { host, step } of steps) {
    if (step.kind !== 'received' || step.atMs === null) continue;
    const service = step.data['service'];
    legs.push({
      by: typeof service === 'string' ? service : 'smtp',
      to: `${host}.test`,
      tookMs: Math.max(0, step.atMs - beforeMs),
    });
    beforeMs = step.atMs;
  }
  legs.push({ by: 'pop3', to: 'Bob', tookMs: Math.max(0, readAtMs - beforeMs) });
  return legs;
}

/** The road in two lines: the places with what carries the letter between them, and below the time of each leg. */
export function drawRoad(legs: readonly Leg[]): string {
  let places = '  Ann';
  let times = '';
  for (const { by, to, tookMs } of legs) {
    const time = formatDelay(tookMs);
    const arrow = ` ──${by}──▶ `;
    times = `${times.padEnd(places.length + Math.max(1, Math.floor((arrow.length - time.length) / 2)))}${time}`;
    places += `${arrow}${to}`;
  }
  return `${places}\n${times}`;
}
