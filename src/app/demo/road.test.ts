import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageTrace, TraceStep } from '../../services/journey/trace.ts';
import { CommandError } from '../cli/command.ts';
import type { HostName } from './hosts.ts';
import { followRoad, type RoadStep } from './road.ts';

const EMPTY = { delayMs: null, recipient: null, address: null, tls: null, protocol: null, by: null, data: {} };

function step(
  kind: TraceStep['kind'],
  atMs: number,
  host: string | null = null,
  reply: string | null = null,
): TraceStep {
  return { ...EMPTY, kind, atMs, host, reply };
}

function trace(...steps: TraceStep[]): MessageTrace {
  const head = { queueId: 'q', messageId: '<m@one.test>', reversePath: 'ann@one.test' };
  return { ...head, role: 'administrator', stored: true, steps, totalMs: 0 };
}

/** What each server answers, one entry for each time it is asked; the last one stays. */
function answers(script: Partial<Record<HostName, TraceStep[][]>>) {
  const asked: HostName[] = [];
  const ask = async (host: HostName): Promise<MessageTrace[]> => {
    const turn = asked.filter((each) => each === host).length;
    asked.push(host);
    const steps = script[host]?.[Math.min(turn, (script[host]?.length ?? 0) - 1)];
    return steps === undefined ? [] : [trace(...steps)];
  };
  return { ask, asked };
}

const { signal } = new AbortController();

test('each step is told once, in the order of time, without the hops that Received lines tell', async () => {
  const one = [step('received', 1), step('queued', 2), step('relayed', 9, 'mx.two.test')];
  const { ask, asked } = answers({
    one: [[], one.slice(0, 2), one],
    // It writes down late that it has passed the letter on.
    two: [
      [],
      [step('hop', 0), step('received', 7), step('queued', 6)],
      [step('received', 7), step('queued', 6), step('relayed', 15)],
    ],
    three: [[], [step('received', 12), step('delivered', 13)]],
  });
  const told: string[] = [];
  const steps = await followRoad({ ask, onStep: ({ host, step: s }) => told.push(`${host} ${s.kind}`), signal });
  assert.deepEqual(told, [
    'one received',
    'one queued',
    'two received',
    'two queued',
    'one relayed',
    'three received',
    'three delivered',
    'two relayed',
  ]);
  assert.equal(steps.length, told.length);
  // Nobody is asked for a letter that the server before has not had.
  assert.deepEqual(asked.slice(0, 4), ['one', 'one', 'two', 'one']);
});

test('a hop that fails ends the road with its words', async () => {
  for (const kind of ['deferred', 'failed', 'refused', 'expired'] as const) {
    const { ask } = answers({ one: [[step('received', 1), step(kind, 2, 'mx.two.test', '550 5.1.1 who?')]] });
    const told: RoadStep[] = [];
    await assert.rejects(
      followRoad({ ask, onStep: (each) => told.push(each), signal }),
      new CommandError(`the letter is stuck: mx.one.test says ${kind} at mx.two.test: 550 5.1.1 who?`),
    );
    assert.equal(told.length, 2);
  }
});

test('a letter that does not arrive in time ends the road', async () => {
  const onStep = (): void => {};
  const lost = answers({});
  await assert.rejects(followRoad({ ask: lost.ask, onStep, signal, timeoutMs: 1 }), /never arrived anywhere/u);
  const held = answers({ one: [[step('received', 1)]] });
  await assert.rejects(followRoad({ ask: held.ask, onStep, signal, timeoutMs: 1 }), /last seen at mx\.one\.test/u);
});

test('the road is left when somebody stops the demonstration', async () => {
  const stopping = new AbortController();
  const { ask } = answers({});
  const followed = followRoad({ ask, onStep() {}, signal: stopping.signal });
  stopping.abort();
  await assert.rejects(followed, { name: 'AbortError' });
});
