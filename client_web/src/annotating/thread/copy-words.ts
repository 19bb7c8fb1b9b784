/** Puts words where other programs find them; false where the browser does not let us. */
export async function copyWords(words: string): Promise<boolean> {
  // Absent on plain HTTP, as in a hall without a certificate.
  const board = (navigator as { clipboard?: Clipboard }).clipboard;
  try {
    if (!board) return copySelected(words);
    await board.writeText(words);
    return true;
  } catch {
    return copySelected(words);
  }
}

function copySelected(words: string): boolean {
  const field = document.createElement('textarea');
  field.value = words;
  field.style.position = 'fixed';
  field.style.opacity = '0';
  document.body.append(field);
  field.select();
  // The only way where there is no clipboard, and every browser here still has it.
  const copied = document.execCommand('copy');
  field.remove();
  return copied;
}
