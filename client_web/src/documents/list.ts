/** The element that must be there: an index outside the list is a mistake of ours, said at once. */
export function nth<T>(list: ArrayLike<T>, index: number): T {
  if (index < 0 || index >= list.length) throw new RangeError(`no element ${index}`);
  return list[index] as T;
}
