// `postroad config check|print|explain`: what the configuration is, and what each setting means.
import { nearestWord } from '../../../base/text/nearest.ts';
import { ConfigError, formatProblem } from '../../config/config-error.ts';
import { allSettings } from '../../config/config-page.ts';
import { loadConfig, parseConfig, thisMachine } from '../../config/load-config.ts';
import { SCHEMA } from '../../config/schema.ts';
import { defaultText, writeJson, writeToml } from '../../config/write-settings.ts';
import { CommandError, EXIT_FAILED, flagOption, type Command, type CommandContext } from '../command.ts';

const checkCommand: Command = {
  name: 'config check',
  synopsis: '',
  summary: 'Tells every problem of the configuration at once',
  run(context) {
    try {
      const { file } = loadConfig(context.configPath, context.host.folder);
      context.show({ file, problems: [] }, file === null ? 'no file: the defaults hold' : `${file}: good`);
      return undefined;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (context.json) context.print(JSON.stringify({ problems: error.problems }));
      else for (const problem of error.problems) context.host.stderr.write(`${formatProblem(problem)}\n`);
      return EXIT_FAILED;
    }
  },
};

const printCommand: Command = {
  name: 'config print',
  synopsis: '',
  summary: 'Prints the configuration that holds, defaults included',
  doc: 'The output is a configuration file again; passwords are shown as ***.',
  options: { defaults: { type: 'boolean', doc: 'Print the defaults, as if there were no file.' } },
  run(context) {
    const { folder } = context.host;
    const config = flagOption(context, 'defaults')
      ? parseConfig('', { file: null, folder, machine: thisMachine() })
      : loadConfig(context.configPath, folder);
    const values = { ...config };
    context.print(context.json ? JSON.stringify(writeJson(SCHEMA, values)) : writeToml(SCHEMA, values).trimEnd());
  },
};

const explainCommand: Command = {
  name: 'config explain',
  synopsis: 'KEY',
  summary: 'Tells what a setting means, such as outbound.expiry',
  words: { min: 1, max: 1 },
  run: explain,
};

function explain(context: CommandContext): void {
  const key = (context.words[0] ?? '').replaceAll(/\[\d*\]/gu, '');
  const settings = allSettings();
  const found = settings.filter(([name]) => name === key || name.startsWith(`${key}.`));
  if (found.length === 0) {
    const last = settings.filter(([name]) => name.endsWith(`.${key}`)).map(([name]) => name);
    const near =
      nearestWord(
        key,
        settings.map(([name]) => name),
      ) ?? last[0];
    const mend = near === undefined ? "'postroad config print --defaults' shows them all" : `did you mean '${near}'?`;
    throw new CommandError(`there is no setting '${key}'; ${mend}`);
  }
  const facts = found.map(([name, entry]) => ({
    key: name,
    type: entry.kind.name,
    unit: entry.unit ?? null,
    default: defaultText(entry),
    doc: entry.doc,
    since: entry.since,
  }));
  const text = facts.map(
    (f) =>
      `${f.key}: ${f.doc}\n  type: ${f.type}${f.unit === null ? '' : `, ${f.unit}`}\n  default: ${f.default}\n  since: ${f.since}`,
  );
  context.show(facts, text.join('\n\n'));
}

export const configCommands: readonly Command[] = [checkCommand, printCommand, explainCommand];
