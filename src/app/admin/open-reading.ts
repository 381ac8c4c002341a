// Reading the storage beside a running server, or of a data folder that nobody has.
import { databasePath } from '../../storage/data-folder.ts';
import { openEmbedded } from '../../storage/embedded.ts';
import { SqliteConnection } from '../../storage/sql/sqlite-connection.ts';
import { openReaderDatabase } from '../../storage/sql/sqlite-dialect.ts';
import { isInUse } from './open-administration.ts';

export interface Reading {
  readonly read: SqliteConnection;
  close(): Promise<void>;
}

/** A connection of its own when another process has the folder; else the folder is taken and mended first. */
export async function openReading(dataDir: string): Promise<Reading> {
  if (isInUse(dataDir)) return openBeside(dataDir);
  const store = await openEmbedded(dataDir);
  return { read: store.read, close: () => store.close() };
}

/** A reading connection beside whoever has the folder, this process included. */
export function openBeside(dataDir: string): Reading {
  const read = new SqliteConnection(openReaderDatabase(databasePath(dataDir)));
  return { read, close: async () => read.close() };
}
