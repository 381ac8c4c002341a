import assert from 'node:assert/strict';
import { test } from 'node:test';
import { descriptorLimit, DESCRIPTORS_KEPT_MAX, firstRefusedDescriptor } from './descriptor-limit.ts';

test('some descriptors are kept, a share of few and no more than enough of many', () => {
  assert.equal(firstRefusedDescriptor(200), 175);
  assert.equal(firstRefusedDescriptor(1024), 896);
  assert.equal(firstRefusedDescriptor(65_536), 65_536 - DESCRIPTORS_KEPT_MAX);
  assert.equal(firstRefusedDescriptor(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
});

test('the limit of this process is known on Linux', { skip: process.platform !== 'linux' }, () => {
  assert.ok(descriptorLimit() > 0);
});
