// `postroad help`: the list of commands, or the help of one.
import { UsageError, type Command } from '../command.ts';
import { commandText, overviewText } from '../help-text.ts';

export const helpCommand: Command = {
  name: 'help',
  synopsis: '[COMMAND]',
  summary: 'Lists the commands, or shows how one is used',
  words: { min: 0, max: 2 },
  run(context) {
    const name = context.words.join(' ');
    const command = context.commands.find((c) => c.name === name);
    const group = context.commands.filter((c) => name === '' || c.name === name || c.name.startsWith(`${name} `));
    const facts = group.map(({ name: called, synopsis, summary }) => ({ name: called, synopsis, summary }));
    if (command !== undefined) context.show(facts, commandText(command));
    else if (group.length > 0) context.show(facts, overviewText(context.commands, name === '' ? null : name));
    else throw new UsageError(`there is no command '${name}'; 'postroad help' lists them all`);
  },
};
