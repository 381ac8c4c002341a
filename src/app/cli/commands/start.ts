// `start`: the server for people. Like `serve`, but it moves to high ports where it may not have the standard ones, makes
// a first account, sends itself a letter, and says in plain words what it did.
import { existsSync } from 'node:fs';
import type { PortChange } from '../../serve/listening-ports.ts';
import type { ReadyServer } from '../../serve/until-signal.ts';
import { LISTENER_PROTOCOLS } from '../../config/listener-protocols.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Command, CommandContext } from '../command.ts';
import { loadServer, startFailure } from '../load-server.ts';

export const startCommand: Command = {
  name: 'start',
  synopsis: '',
  summary: 'Runs the server, and says how to reach it and whether it works',
  doc: 'Makes what is missing: the data folder, a self-signed certificate, and at the first start a domain with an administrator whose password is shown once. Takes high ports where the standard ones may not be had. Sends itself a letter and reads it back. Ends with Ctrl+C.',
  run: start,
};

async function start(context: CommandContext): Promise<number> {
  const config = context.config();
  const isNew = !existsSync(config.data);
  try {
    const { runUntilSignal } = await loadServer(config);
    return await runUntilSignal({
      config,
      reread: () => loadConfig(context.configPath, context.host.folder),
      mayMovePorts: true,
      onReady: (ready) => welcome(context, ready, isNew),
    });
  } catch (error) {
    throw startFailure(error);
  }
}

async function welcome(context: CommandContext, { server }: ReadyServer, isNew: boolean): Promise<void> {
  const config = context.config();
  const { makeFirstAccount } = await import('../../start/first-run.ts');
  const { testYourself } = await import('../../start/self-test.ts');
  context.print(
    `\nPostroad runs as ${config.hostname}${config.hostnameWritten ? '' : ' (guessed: set hostname in postroad.toml)'}`,
  );
  context.print(`Data folder ${config.data}${isNew ? ' (new)' : ''}\n`);
  for (const { protocol, port } of server.listeners) {
    context.print(`  ${String(port).padStart(5)}  ${protocol.padEnd(12)} ${LISTENER_PROTOCOLS[protocol].doc}`);
  }
  for (const line of movedLines(server.moved)) context.print(`\n  ${line}`);
  const first = await makeFirstAccount(server.administration);
  if (first !== null) {
    context.print(`\n  First account  ${first.address}`);
    context.print(`  Password       ${first.password}   (shown only now)`);
  }
  try {
    const test = await testYourself(server.administration, server.listeners);
    if (test !== null) {
      const [sent, read] = [test.sentMs, test.readMs].map((ms) => `${ms.toFixed(0)} ms`);
      context.print(`\n  A letter to itself: taken by SMTP in ${sent}, read back by POP3 in ${read}. It works.`);
    }
  } catch (error) {
    context.print(
      `\n  A letter to itself did NOT come back: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  context.print('\n  Add people:      ./postroad domain add DOMAIN, ./postroad account add ADDRESS');
  context.print('  Follow a letter: ./postroad trace\n');
}

/** What is said about ports that could not be had. */
function movedLines(moved: readonly PortChange[]): string[] {
  const why = ({ reason }: PortChange, them: string): string =>
    reason === 'EACCES' ? `this user may not take ${them}` : `another program has ${them}`;
  const mail = moved.filter(({ protocol }) => protocol !== 'metrics');
  const lines = moved
    .filter(({ protocol }) => protocol === 'metrics')
    .map((change) => `metrics are on port ${change.taken}, not on ${change.wanted}: ${why(change, 'it')}.`);
  const [first] = mail;
  if (first === undefined) return lines;
  const wanted = mail.map((change) => change.wanted).join(', ');
  const text = `Not on the standard ports ${wanted}: ${why(first, 'them')}. Other servers cannot reach you on high ports.`;
  return [text, ...lines];
}
