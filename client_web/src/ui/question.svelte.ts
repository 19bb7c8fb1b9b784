/** One question at a time, asked from anywhere: `if (await ask({...})) …`. */
export interface Question {
  title: string;
  body: string;
  /** The words on the button that does it: a verb, not "OK". */
  confirm: string;
  cancel?: string;
  /** It cannot be undone. */
  danger?: boolean;
}

interface Asked extends Question {
  answer: (yes: boolean) => void;
}

let current = $state.raw<Asked | null>(null);

export function question(): Asked | null {
  return current;
}

/** Nobody is there to answer: it goes from the screen as refused. */
export function withdrawQuestion(): void {
  current?.answer(false);
}

export function ask(what: Question): Promise<boolean> {
  current?.answer(false);
  return new Promise((resolve) => {
    current = {
      ...what,
      answer(yes) {
        current = null;
        resolve(yes);
      },
    };
  });
}
