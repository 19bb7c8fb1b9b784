import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { oneStop } from './one-stop';

let bar: HTMLElement;
let stop: () => void;
let heard: string[];

beforeEach(() => {
  bar = document.createElement('div');
  bar.innerHTML = `<button id="undo" disabled></button><button id="hand"></button>
    <button id="pen"></button><span><button id="close"></button></span>`;
  document.body.append(bar);
  heard = [];
  document.body.onkeydown = ({ key }) => void heard.push(key);
  stop = oneStop(bar);
});
afterEach(() => {
  stop();
  bar.remove();
  document.body.onkeydown = null;
});

const of = (id: string) => bar.querySelector(`#${id}`) as HTMLButtonElement;
const stops = () => [...bar.querySelectorAll('button')].filter((one) => one.tabIndex === 0);
const key = (name: string, more: KeyboardEventInit = {}) => {
  const init = { key: name, bubbles: true, cancelable: true, ...more };
  document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', init));
  return document.activeElement?.id;
};

test('the bar is one stop, and arrows walk over what can be pressed', () => {
  expect(stops()).toEqual([of('hand')]);
  of('hand').focus();
  expect([key('ArrowRight'), key('ArrowDown'), key('ArrowRight')]).toEqual([
    'pen',
    'close',
    'hand',
  ]);
  expect([key('ArrowLeft'), key('ArrowUp'), key('Home'), key('End')]).toEqual([
    'close',
    'pen',
    'hand',
    'close',
  ]);
  expect(stops()).toEqual([of('close')]);
  // The page hears none of them, but every other key.
  expect(heard).toEqual([]);
  key('p');
  key('ArrowRight', { ctrlKey: true });
  expect(heard).toEqual(['p', 'ArrowRight']);
});

test('who comes back finds the tool in the hand, and never one that is gone', async () => {
  of('pen').setAttribute('aria-pressed', 'true');
  await vi.waitFor(() => expect(stops()).toEqual([of('pen')]));
  of('close').focus();
  expect(stops()).toEqual([of('close')]);
  of('close').remove();
  await vi.waitFor(() => expect(stops()).toEqual([of('pen')]));
  of('undo').disabled = false;
  of('pen').remove();
  await vi.waitFor(() => expect(stops()).toEqual([of('undo')]));
});
