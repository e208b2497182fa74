/** A frame's JSON handed on, or undefined: one unreadable frame must not end the stream. */
export const parsed = <A, B>(data: string, use: (value: A) => B): B | undefined => {
  try {
    return use(JSON.parse(data) as A)
  } catch {
    return undefined
  }
}
