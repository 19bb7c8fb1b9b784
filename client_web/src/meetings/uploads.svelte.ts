/** Files on their way to the server, by document; the rest of a document's state is live. */
import { api } from '../wire';
import type { Uploaded } from '../wire';

const sending = $state<Record<string, number>>({});
const refused = $state<Record<string, unknown>>({});

// Closing the tab would cut a file off halfway: the browser asks first.
window.addEventListener('beforeunload', (event) => {
  if (Object.keys(sending).length > 0) event.preventDefault();
});

/** 0 … 1 while the document's file is being sent from this device, else undefined. */
export function sent(documentId: string): number | undefined {
  return sending[documentId];
}

/** Why the file did not get through the door, until another one is sent. */
export function refusal(documentId: string): unknown {
  return refused[documentId];
}

export async function sendFile(documentId: string, file: File): Promise<Uploaded> {
  sending[documentId] = 0;
  Reflect.deleteProperty(refused, documentId);
  try {
    const name = encodeURIComponent(file.name.normalize('NFC').slice(0, 120));
    // By content the server decides what it is; the browser's guess from the name is not sent.
    const bytes = file.slice(0, file.size, 'application/pdf');
    return await api.upload<Uploaded>(`/api/documents/${documentId}/file?name=${name}`, bytes, {
      onProgress: (done, total) => {
        sending[documentId] = total === 0 ? 0 : done / total;
      },
    });
  } catch (problem) {
    refused[documentId] = problem;
    throw problem;
  } finally {
    Reflect.deleteProperty(sending, documentId);
  }
}
