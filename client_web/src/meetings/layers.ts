/** News of layers reach a document's page through the topics that it follows anyway. */

const listeners = new Set<(documentId: string) => void>();

export function onLayersChanged(listener: (documentId: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Passes on what a topic told of layers. */
export function hearLayers(changes: readonly { kind: string; document_id?: string }[]): void {
  for (const { kind, document_id } of changes) {
    if (kind !== 'layers' || document_id === undefined) continue;
    for (const listener of [...listeners]) listener(document_id);
  }
}
