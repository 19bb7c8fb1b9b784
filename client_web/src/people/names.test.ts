// @vitest-environment node
import { expect, test } from 'vitest';
import { addressed, called, byGivenName, fold, matches, placed } from './names';
import { isTooSimple } from './pin';

test('names sort by the given name in Vietnamese order', () => {
  const names = ['Trần Văn Ấn', 'Lê Thị Ánh', 'Đỗ Văn Dũng', 'Nguyễn Văn An', 'Hồ Đức', 'Bùi An'];
  const sorted = names.map((name) => ({ name })).sort(byGivenName);
  expect(sorted.map(({ name }) => name)).toEqual([
    'Bùi An',
    'Nguyễn Văn An',
    'Lê Thị Ánh',
    'Trần Văn Ấn',
    'Đỗ Văn Dũng',
    'Hồ Đức',
  ]);
});

test('the form of address stands before the name', () => {
  expect(addressed({ name: 'Lê Hà', form_of_address: 'bà' })).toBe('Bà Lê Hà');
  expect(addressed({ name: 'Lê Hà', form_of_address: 'Đồng chí' })).toBe('Đồng chí Lê Hà');
  expect(addressed({ name: 'Lê Hà', form_of_address: '' })).toBe('Lê Hà');
  expect(called({ name: 'Lê Hà', form_of_address: 'Đồng chí' })).toBe('đồng chí Lê Hà');
  expect(called({ name: 'Lê Hà', form_of_address: 'PGS.TS' })).toBe('PGS.TS Lê Hà');
  expect(called({ name: 'Lê Hà', form_of_address: 'Bà' })).toBe('bà Lê Hà');
  expect(called({ name: 'Lê Hà' })).toBe('Lê Hà');
});

test('a unit is said in full, and once', () => {
  const unit = 'Sở Y tế';
  expect(placed({ position: 'Giám đốc Sở Y tế', organisation: unit })).toBe('Giám đốc Sở Y tế');
  expect(placed({ position: 'Phó Giám đốc', organisation: unit })).toBe('Phó Giám đốc · Sở Y tế');
  const commune = { position: 'Chủ tịch Ủy ban nhân dân xã An Lễ', organisation: 'Xã An Lễ' };
  expect(placed(commune)).toBe('Chủ tịch Ủy ban nhân dân xã An Lễ');
  expect(placed({ position: '', organisation: unit })).toBe(unit);
  expect(placed({ position: 'Chuyên viên', organisation: '' })).toBe('Chuyên viên');
});

test('nobody types marks', () => {
  expect(fold('Đường  Nguyễn Huệ')).toBe('duong nguyen hue');
  expect(matches('Nguyễn Văn Đức', 'duc ngu')).toBe(true);
  expect(matches('Nguyễn Văn Đức', 'uc')).toBe(false);
  expect(matches('Nguyễn Văn Đức', '')).toBe(true);
});

test('a PIN that anybody guesses is refused', () => {
  for (const pin of ['000000', '123456', '654321', '121212', '123123']) {
    expect(isTooSimple(pin), pin).toBe(true);
  }
  for (const pin of ['739154', '290417']) expect(isTooSimple(pin), pin).toBe(false);
});
