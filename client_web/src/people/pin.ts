/** The PIN of a device: six digits, entered on large keys. */
export const PIN_LENGTH = 6;

/** PINs that are tried first by whoever finds a tablet: runs, repeats, one digit only. */
export function isTooSimple(pin: string): boolean {
  const digits = [...pin].map(Number);
  const steps = digits.slice(1).map((digit, index) => digit - (digits[index] ?? 0));
  const isRun = steps.every((step) => step === 1) || steps.every((step) => step === -1);
  const repeats = [1, 2, 3].some((period) =>
    digits.every((digit, index) => digit === digits[index % period]),
  );
  return isRun || repeats;
}
