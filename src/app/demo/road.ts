// Follows the letter: asks every server for its journey again and again, and tells each step once, when it is new.
import { setTimeout as wait } from 'node:timers/promises';
import type { MessageTrace, TraceStep } from '../../services/journey/trace.ts';
import { CommandError } from '../cli/command.ts';
import { hostnameOf, ROAD, type HostName } from './hosts.ts';
import { POLL_INTERVAL_MS, ROAD_TIMEOUT_MS } from './limits.ts';

export interface RoadStep {
  readonly host: HostName;
  readonly step: TraceStep;
}

/** One server's journeys of the letter, as `postroad trace` gives them. */
export type AskTrace = (host: HostName) => Promise<readonly MessageTrace[]>;

/** What ends the road before its end. */
const STOPS: ReadonlySet<TraceStep['kind']> = new Set(['refused', 'deferred', 'failed', 'expired', 'removed']);

export interface RoadOptions {
  readonly ask: AskTrace;
  /** Told of each step once, as soon as it is known. */
  readonly onStep: (step: RoadStep) => void;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/** Whether the server has nothing to do with the letter any more. */
export function isLastAt({ host, step }: RoadStep): boolean {
  return step.kind === (host === ROAD.at(-1) ? 'delivered' : 'relayed');
}

/**
 * Resolves with all steps once the letter is in the last server's mailbox and the others know it. Throws CommandError with the server's words
 * when it gets stuck, or when it takes too long.
 */
export async function followRoad(options: RoadOptions): Promise<RoadStep[]> {
  const { ask, onStep, signal, timeoutMs = ROAD_TIMEOUT_MS } = options;
  const known = new Map<HostName, number>();
  const steps: RoadStep[] = [];
  const endMs = performance.now() + timeoutMs;
  while (performance.now() < endMs) {
    signal.throwIfAborted();
    for (const each of await news(ask, known, steps)) {
      steps.push(each);
      onStep(each);
      if (STOPS.has(each.step.kind)) throw stuck(each);
    }
    if (ROAD.every((host) => steps.some((each) => each.host === host && isLastAt(each)))) return steps;
    await wait(POLL_INTERVAL_MS, undefined, { signal });
  }
  const last = steps.at(-1);
  const where = last === undefined ? 'it never arrived anywhere' : `it was last seen at ${hostnameOf(last.host)}`;
  throw new CommandError(`the letter did not arrive within ${timeoutMs / 1000} s; ${where}`);
}

/** Steps that are not in `steps` yet, in the order of time. `known` counts each server's. */
async function news(ask: AskTrace, known: Map<HostName, number>, steps: readonly RoadStep[]): Promise<RoadStep[]> {
  const fresh: { each: RoadStep; atMs: number }[] = [];
  for (const host of ROAD) {
    // A server has the letter once the one before it has had it; until then it is not asked.
    const before = ROAD[ROAD.indexOf(host) - 1];
    const isNear = (each: RoadStep): boolean => each.host === before;
    if (before !== undefined && !steps.some(isNear) && !fresh.some(({ each }) => isNear(each))) break;
    const own = ownSteps(await ask(host));
    let atMs = 0;
    // Steps of one server stay in its order.
    for (const step of own.slice(known.get(host) ?? 0)) {
      atMs = Math.max(atMs, step.atMs ?? 0);
      fresh.push({ each: { host, step }, atMs });
    }
    known.set(host, own.length);
  }
  return fresh.sort((a, b) => a.atMs - b.atMs).map(({ each }) => each);
}

/** Hops that Received lines tell are the other servers' own steps already. */
function ownSteps(traces: readonly MessageTrace[]): TraceStep[] {
  return traces.flatMap((trace) => trace.steps.filter((step) => step.kind !== 'hop'));
}

function stuck({ host, step }: RoadStep): CommandError {
  const next = step.host === null ? '' : ` at ${step.host}`;
  return new CommandError(
    `the letter is stuck: ${hostnameOf(host)} says ${step.kind}${next}: ${step.reply ?? 'no reason'}`,
  );
}
