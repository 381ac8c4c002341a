import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rememberDirectory } from './remembered-directory.ts';
import type { DirectoryAddress, DirectoryDomain, DirectoryReader } from './directory-reader.ts';
import { REMEMBERED_ENTRIES_MAX } from './limits.ts';

const ONE: DirectoryDomain = {
  id: 1,
  key: 'one.test',
  kind: 'local',
  enabled: true,
  target: null,
  separators: '+',
  catchAll: null,
};
const ANN: DirectoryAddress = {
  kind: 'account',
  account: { id: 7, address: 'ann@one.test', enabled: true, quotaBytes: null },
};

/** A directory with one domain; counts what is asked of it. */
function countingReader(): { asked: string[]; addresses: Map<string, DirectoryAddress>; reader: DirectoryReader } {
  const asked: string[] = [];
  const addresses = new Map<string, DirectoryAddress>();
  const reader: DirectoryReader = {
    findDomain: (key) => {
      asked.push(key);
      return Promise.resolve(key === ONE.key ? ONE : null);
    },
    findFirstDomain: () => {
      asked.push('first');
      return Promise.resolve(ONE);
    },
    findAddress: (domainId, localKey) => {
      asked.push(`${domainId} ${localKey}`);
      return Promise.resolve(addresses.get(localKey) ?? null);
    },
    findAdministrator: () => Promise.resolve(null),
    findAccount: () => Promise.resolve(null),
    listSendGrants: () => Promise.resolve([]),
  };
  return { asked, addresses, reader };
}

describe('the remembered directory', () => {
  test('a second look asks nobody, for what is there and for what is not', async () => {
    const { asked, addresses, reader } = countingReader();
    addresses.set('ann', ANN);
    const remembered = rememberDirectory(reader, () => 1);
    for (let i = 0; i < 2; i++) {
      assert.equal(await remembered.findDomain('one.test'), ONE);
      assert.equal(await remembered.findDomain('two.test'), null);
      assert.equal(await remembered.findFirstDomain(), ONE);
      assert.equal(await remembered.findAddress(1, 'ann'), ANN);
      assert.equal(await remembered.findAddress(1, 'bob'), null);
    }
    assert.deepEqual(asked, ['one.test', 'two.test', 'first', '1 ann', '1 bob']);
  });

  test('a change of the directory is seen by the next look', async () => {
    const { addresses, reader } = countingReader();
    let version = 1;
    const remembered = rememberDirectory(reader, () => version);
    assert.equal(await remembered.findAddress(1, 'ann'), null);
    addresses.set('ann', ANN);
    version++;
    assert.equal(await remembered.findAddress(1, 'ann'), ANN);
    addresses.delete('ann');
    version++;
    assert.equal(await remembered.findAddress(1, 'ann'), null);
  });

  test('a look that failed is made again', async () => {
    const { reader } = countingReader();
    let works = false;
    const remembered = rememberDirectory(
      { ...reader, findDomain: () => (works ? Promise.resolve(ONE) : Promise.reject(new Error('no disk'))) },
      () => 1,
    );
    await assert.rejects(remembered.findDomain('one.test'), /no disk/);
    works = true;
    assert.equal(await remembered.findDomain('one.test'), ONE);
  });

  test('strangers cannot fill the memory with names: beyond the bound everything is forgotten', async () => {
    const { asked, reader } = countingReader();
    const remembered = rememberDirectory(reader, () => 1);
    for (let i = 0; i < REMEMBERED_ENTRIES_MAX; i++) await remembered.findAddress(1, `nobody${i}`);
    await remembered.findAddress(1, 'nobody0');
    assert.equal(asked.length, REMEMBERED_ENTRIES_MAX);
    await remembered.findAddress(1, 'one-more');
    await remembered.findAddress(1, 'nobody0');
    assert.equal(asked.length, REMEMBERED_ENTRIES_MAX + 2);
  });
});
