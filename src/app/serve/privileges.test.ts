import assert from 'node:assert/strict';
import { chownSync, linkSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchFolder } from '../../../test/support/scratch-store.ts';
import { prepareDropFolder } from '../../services/drop/prepare-drop-folder.ts';
import { giveDataFolder } from './privileges.ts';

const SERVICE = { uid: 4001, gid: 4001 };
const STRANGER = 4002;
const notRoot = process.getuid?.() !== 0 && 'only root may give files away';

test(
  'the data folder is given to the user, and of the drop folder nothing that others put there',
  { skip: notRoot },
  (t) => {
    const folder = scratchFolder(t);
    const dataDir = join(folder, 'data');
    mkdirSync(join(dataDir, 'segments'), { recursive: true });
    const files = {
      database: join(dataDir, 'postroad.db'),
      segment: join(dataDir, 'segments', '1.seg'),
      twoNames: join(dataDir, 'segments', '2.seg'),
      elsewhere: join(folder, 'elsewhere'),
      dropped: join(dataDir, 'drop', 'a.msg'),
      linked: join(dataDir, 'drop', 'b.msg'),
      bad: join(dataDir, 'drop', 'bad', 'c.msg'),
    };
    prepareDropFolder(dataDir);
    for (const path of [files.database, files.segment, files.elsewhere, files.dropped, files.bad])
      writeFileSync(path, '');
    linkSync(files.elsewhere, files.linked);
    linkSync(files.elsewhere, files.twoNames);
    const link = join(dataDir, 'drop', 'link');
    symlinkSync(files.elsewhere, link);
    for (const path of [files.dropped, files.bad]) chownSync(path, STRANGER, STRANGER);

    giveDataFolder(SERVICE, dataDir);
    const owner = (path: string): number => lstatSync(path).uid;
    const given = [dataDir, files.database, join(dataDir, 'segments'), files.segment];
    for (const path of [...given, join(dataDir, 'drop'), join(dataDir, 'drop', 'bad')]) {
      assert.equal(owner(path), SERVICE.uid, path);
    }
    assert.equal(owner(files.dropped), STRANGER, 'the sender that the file system attests stays');
    assert.equal(owner(files.bad), STRANGER);
    for (const path of [files.elsewhere, files.linked, files.twoNames, link]) assert.equal(owner(path), 0, path);
  },
);

test('a link in the place of the folder for bad files is not followed', (t) => {
  const folder = scratchFolder(t);
  const dataDir = join(folder, 'data');
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(dataDir);
  mkdirSync(elsewhere, { mode: 0o755 });
  prepareDropFolder(dataDir);
  rmSync(join(dataDir, 'drop', 'bad'), { recursive: true });
  symlinkSync(elsewhere, join(dataDir, 'drop', 'bad'));
  assert.throws(() => prepareDropFolder(dataDir), /drop\/bad is not a folder/);
  assert.equal(lstatSync(elsewhere).mode & 0o777, 0o755);
});
