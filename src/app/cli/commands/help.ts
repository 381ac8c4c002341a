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
    if (name === '') context.print(overviewText(context.commands, null));
    else if (command !== undefined) context.print(commandText(command));
    else if (context.commands.some((c) => c.name.startsWith(`${name} `))) {
      context.print(overviewText(context.commands, name));
    } else throw new UsageError(`there is no command '${name}'; 'postroad help' lists them all`);
  },
};
