/** The door to what is kept on this tablet: its code comes after the page has been painted. */
import type * as Documents from '../documents';

class Taking {
  /** Undefined until it is here. */
  documents = $state.raw<typeof Documents>();

  open(): void {
    if (this.documents) return;
    void import('../documents').then((documents) => (this.documents = documents));
  }
}

export const taking = new Taking();
