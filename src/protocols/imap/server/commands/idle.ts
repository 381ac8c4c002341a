// IDLE, RFC 9051 §6.3.13 (RFC 2177). News are told as they come, at the client's pace; every two minutes a word, so that
// address translation and radios keep the way open.
import { isPromise } from '../../../../base/async/maybe-promise.ts';
import type { IdleEntry } from '../../../../base/idle-wheel.ts';
import { command, noArguments } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { bad, ok, type Outcome } from '../outcome.ts';
import { synchronize } from '../synchronize.ts';

/** One IDLE at work. */
class Idling {
  readonly #dialog: ImapDialog;
  #entry: IdleEntry | null = null;
  /** News are being told; others that come meanwhile are told afterwards. */
  #telling = false;
  #again = false;
  #over = false;

  constructor(dialog: ImapDialog) {
    this.#dialog = dialog;
    dialog.onNews = () => this.#onNews();
    this.#watch();
    this.#onNews();
  }

  stop(): void {
    this.#over = true;
    this.#dialog.onNews = null;
    this.#entry?.stop();
  }

  #watch(): void {
    const { idleWheel, limits } = this.#dialog.parts;
    this.#entry = idleWheel.watch(limits.stillHereMs, () => {
      if (this.#over) return;
      if (!this.#dialog.output.full) {
        this.#dialog.untagged('OK Still here');
        this.#dialog.output.flush();
      }
      this.#watch();
    });
  }

  #onNews(): void {
    this.#again = true;
    if (this.#telling) return;
    this.#telling = true;
    this.#tell().catch((error: unknown) => {
      this.#dialog.parts.log.error({ error }, 'news could not be told');
      this.#dialog.transport.abort();
    });
  }

  async #tell(): Promise<void> {
    const { output, transport } = this.#dialog;
    while (this.#again && !this.#over && !transport.closed) {
      this.#again = false;
      const told = synchronize(this.#dialog, true);
      if (isPromise(told)) await told;
      output.flush();
      if (output.full) await output.drained();
    }
    this.#telling = false;
  }

  /** Resolves when nothing is being told. */
  async quiet(): Promise<void> {
    while (this.#telling) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function run(dialog: ImapDialog): Promise<Outcome> {
  dialog.output.line('+ Waiting for news');
  const idling = new Idling(dialog);
  const line = await dialog.transport.nextLine();
  idling.stop();
  await idling.quiet();
  if (line === null) return ok('Gone');
  return /^done$/iu.test(line.toString('latin1').trim()) ? ok('That was the news') : bad('Expected DONE');
}

export const IDLE = command({ phase: 'authenticated', parse: noArguments, run, news: 'all' });
