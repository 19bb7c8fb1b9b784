// The shipped TypeScript core behind stdio, one JSON line per call: {do, on?, …} → {…}.
// Node strips the types; the core's extensionless imports are resolved here.
import { register } from 'node:module';
import { createInterface } from 'node:readline';

const hooks = `export function resolve(specifier, context, next) {
  const local = specifier.startsWith('.') && !/\\.[a-z]+$/.test(specifier);
  return next(local ? specifier + '.ts' : specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

const core = await import('../../client_web/src/annotating/core/sync.ts');
const { MemoryOutbox } = await import('../../client_web/src/annotating/core/outbox.ts');

let keys = 0;

/** One tab. Writes wait for `flush`; messages made by another tab's work wait in `sent`. */
class Tab {
  constructor(person, shared) {
    this.person = person;
    this.shared = shared;
    shared.tabs.push(this);
    this.stop = () => undefined;
    this.begin();
  }

  begin() {
    this.stop();
    this.writes = [];
    this.sent = [];
    const storage = this.shared.outbox.tab();
    this.storage = storage;
    this.core = new core.SyncCore({
      person: this.person,
      outbox: this.shared.outbox.content,
      newKey: () => `k${++keys}`,
      random: () => 0.5,
    });
    this.heard = (write, numbers) => this.take(this.core.heard(write, numbers));
    this.stop = storage.listen(this.heard);
    if (this.shared.holder === this) this.take(this.core.lead(this.shared.outbox.content));
  }

  take(effects) {
    for (const effect of effects) {
      if (effect.do === 'send') this.sent.push(effect.message);
      if (effect.do === 'write') {
        if (effect.next) this.writes.unshift(effect.write);
        else this.writes.push(effect.write);
      }
    }
  }

  flush(fail) {
    if (fail) return this.take(this.core.notWritten());
    for (let write = this.writes.shift(); write !== undefined; write = this.writes.shift()) {
      // What a store can hold: JSON.
      const plain = JSON.parse(JSON.stringify(write));
      const numbers = this.shared.outbox.commit(plain, this.heard);
      this.take(this.core.written(write, numbers));
    }
  }

  /** The tab dies: its unwritten work is gone, the lease passes on. */
  restart() {
    if (this.shared.holder === this) {
      const at = this.shared.tabs.indexOf(this);
      this.shared.holder = this.shared.tabs[(at + 1) % this.shared.tabs.length];
      if (this.shared.holder !== this) {
        this.shared.holder.take(this.shared.holder.core.lead(this.shared.outbox.content));
      }
    }
    this.begin();
  }
}

/** A fault, for a checker that must find it: the first unanswered work leaves outbox and view. */
function drop(tab) {
  const first = tab.shared.outbox.content.entries[0];
  if (first !== undefined) tab.shared.outbox.commit({ remove: [first.opNo] });
}

const tabs = new Map();

const calls = {
  new({ on, person, outbox, beside }) {
    const shared = beside
      ? tabs.get(beside).shared
      : { outbox: new MemoryOutbox(outbox), tabs: [], holder: null };
    const tab = new Tab(person, shared);
    tabs.set(on, tab);
    if (shared.holder === null) {
      shared.holder = tab;
      tab.take(tab.core.lead(shared.outbox.content));
    }
  },
  open: (m, tab) => tab.take(tab.core.open(m.layer, undefined, 1)),
  edit: (m, tab) => tab.take(tab.core.edit(m.layer, m.edits)),
  flush: (m, tab) => tab.flush(m.fail),
  wake(m, tab) {
    tab.take(tab.core.wake('again'));
    tab.take(tab.core.wake('answers'));
  },
  connected(m, tab) {
    tab.sent = [];
    tab.take(tab.core.connected(m.number));
  },
  disconnected(m, tab) {
    if (m.drop) drop(tab);
    tab.take(tab.core.disconnected(m.number));
    tab.sent = [];
  },
  received(m, tab) {
    const before = tab.sent;
    tab.sent = [];
    tab.take(tab.core.received(m.number, m.message));
    const own = tab.sent;
    tab.sent = before;
    return { messages: own };
  },
  restart: (m, tab) => tab.restart(),
  view(m, tab) {
    const replica = tab.core.replica(m.layer);
    if (replica === undefined) return { marks: [] };
    const onPages = [...replica.marks()].map((mark) => mark.page);
    const paged = new Set(onPages.flatMap((page) => [...replica.onPage(page)].map((one) => one.id)));
    if (paged.size !== replica.size) throw new Error('the page index differs from the view');
    return { marks: [...replica.marks()] };
  },
  unsent: (m, tab) => ({ count: tab.core.unsent + tab.writes.length }),
  refused: (m, tab) => ({ refused: tab.core.refused }),
  stored: (m, tab) => ({ stored: tab.shared.outbox.content }),
  forget(m) {
    const tab = tabs.get(m.on);
    tab.stop();
    tabs.delete(m.on);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  const tab = tabs.get(call.on);
  let answer;
  try {
    answer = calls[call.do](call, tab) ?? {};
    if (tab !== undefined && answer.messages === undefined) {
      answer.messages = tab.sent;
      tab.sent = [];
    }
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
