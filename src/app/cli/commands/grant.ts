// `postroad grant add|list|remove`: addresses that an account may send as beside its own.
import { withAdministration } from '../administration.ts';
import type { Command } from '../command.ts';

const addCommand: Command = {
  name: 'grant add',
  synopsis: 'ACCOUNT PATTERN',
  summary: 'Lets an account send as an address, or as any of a domain: *@one.test',
  doc: 'For devices and applications. The shell must not expand the pattern: put it into quotes.',
  words: { min: 2, max: 2 },
  async run(context) {
    const [address = '', pattern = ''] = context.words;
    const grant = await withAdministration(context, (call) => call('grant.add', { address, pattern }));
    context.show(grant, `${grant.address} may send as ${grant.pattern}`);
  },
};

const listCommand: Command = {
  name: 'grant list',
  synopsis: 'ACCOUNT',
  summary: 'Lists what an account may send as beside its own addresses',
  words: { min: 1, max: 1 },
  async run(context) {
    const address = context.words[0] ?? '';
    const grants = await withAdministration(context, (call) => call('grant.list', { address }));
    context.show(grants, grants.patterns.length === 0 ? 'only its own addresses' : grants.patterns.join('\n'));
  },
};

const removeCommand: Command = {
  name: 'grant remove',
  synopsis: 'ACCOUNT PATTERN',
  summary: 'Takes such a right back',
  words: { min: 2, max: 2 },
  async run(context) {
    const [address = '', pattern = ''] = context.words;
    const grant = await withAdministration(context, (call) => call('grant.remove', { address, pattern }));
    context.show(grant, `${grant.address} may no longer send as ${grant.pattern}`);
  },
};

export const grantCommands: readonly Command[] = [addCommand, listCommand, removeCommand];
