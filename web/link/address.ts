/** Where in the page we are, as the part after `#` says it: a session, and perhaps one event of it. */
export interface Address {
  readonly session: string | undefined
  readonly event: number | undefined
}

export const addressOf = (session: string, event?: number): string =>
  `#/s/${encodeURIComponent(session)}${event === undefined ? "" : `/e/${event}`}`

export const placeOf = (hash: string): Address => {
  const [, session, event] = /^#\/s\/([A-Za-z0-9-]+)(?:\/e\/(\d{1,15}))?$/.exec(hash) ?? []
  return { session, event: event === undefined ? undefined : Number(event) }
}
