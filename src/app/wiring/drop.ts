// The drop folder of local programs, watched by the thread that has the queue.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { DropFolder } from '../../services/drop/drop-folder.ts';
import { dropFolderPath } from '../../services/drop/prepare-drop-folder.ts';
import { createSubmitDrop } from '../../services/drop/submit-drop.ts';
import { createRecipientJudge } from '../../services/reception/recipient-judge.ts';
import { findFirstDomain } from '../../storage/records/domains.ts';
import type { Store } from '../../storage/store.ts';
import type { Config } from '../config/config.ts';
import type { MailServices } from './mail-services.ts';

export interface DropParts {
  readonly config: Config;
  readonly store: Store;
  readonly mail: MailServices;
  readonly clock: Clock;
  readonly log: Log;
}

/** Opens it; the folder was prepared by the main thread. */
export function openDropFolder({ config, store, mail, clock, log }: DropParts): DropFolder {
  const { directory, reception, reports } = mail;
  const recipients = createRecipientJudge(directory, store.read);
  const folder = new DropFolder({
    folder: dropFolderPath(config.data),
    messageMaxBytes: config.limits.messageMaxBytes,
    defaultDomain: async () =>
      config.auth.defaultDomain ?? (await findFirstDomain(store.read))?.name ?? config.hostname,
    submit: createSubmitDrop({ reception, recipients, reports, clock }),
    clock,
    log,
  });
  folder.open();
  return folder;
}
