/** A v4 UUID. A page that came over plain HTTP has no `crypto.randomUUID`; it has `getRandomValues`. */
export const uuid = (): string =>
  "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () =>
    (crypto.getRandomValues(new Uint8Array(1)).at(0) ?? 0).toString(16).slice(-1)
  )
