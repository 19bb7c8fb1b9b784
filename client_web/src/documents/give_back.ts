/**
 * Gives the memory of bytes back at once; they are empty afterwards. Without it they wait for the
 * collector, which waits until some 30 MB have gathered, in each thread. They are moved to a port
 * that nobody listens at: `ArrayBuffer.transfer` empties them for script only, Chromium's own
 * wrapper holds on to the memory.
 */
let nowhere: MessagePort | undefined;

export function giveBack({ buffer }: Uint8Array<ArrayBuffer>): void {
  if (!nowhere) {
    const { port1, port2 } = new MessageChannel();
    port2.close();
    nowhere = port1;
  }
  nowhere.postMessage(null, [buffer]);
}
