// `postroad demo`: a letter's road over three servers, live.
import { flagOption, type Command } from '../command.ts';

export const demoCommand: Command = {
  name: 'demo',
  synopsis: '',
  summary: "Shows a letter's road: three servers on this machine, each hop as it happens",
  doc: 'Starts one.test, two.test (the relay) and three.test with a private DNS on loopback, sends a letter with an attachment through all of them and reads it over POP3. Nothing of it stays, and nothing outside of it is touched.',
  options: { keep: { type: 'boolean', doc: 'Leave the folder with the three servers’ configuration, data and logs.' } },
  async run(context) {
    const { runDemo } = await import('../../demo/demo.ts');
    const stopping = new AbortController();
    const stop = (): void => stopping.abort(new Error('stopped'));
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    try {
      const result = await runDemo({
        commands: context.commands,
        env: context.host.env,
        say: (line) => (context.json ? undefined : context.print(line)),
        keep: flagOption(context, 'keep'),
        signal: stopping.signal,
      });
      if (context.json) context.print(JSON.stringify(result));
    } finally {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    }
  },
};
