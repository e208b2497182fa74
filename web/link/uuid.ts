/** A v4 UUID. `crypto.randomUUID` is kept from a page that came over plain HTTP; `getRandomValues` is not. */
export const uuid = (): string =>
  "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () =>
    (crypto.getRandomValues(new Uint8Array(1)).at(0) ?? 0).toString(16).slice(-1)
  )
