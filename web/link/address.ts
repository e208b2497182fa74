/** Where in the page we are, as the part after `#` says it: a session, and perhaps one event of it. */
import { computed, createModel, signal } from "@preact/signals"

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

export const AddressModel = createModel(() => {
  const place = signal(placeOf(location.hash))
  window.addEventListener("hashchange", () => {
    place.value = placeOf(location.hash)
  })
  return {
    /** The session that is open. */
    route: computed(() => place.value.session),
    /** The event the address names, to be shown first. */
    linked: computed(() => place.value.event),
    open: (session: string) => {
      place.value = { session, event: undefined }
      location.hash = addressOf(session)
    }
  }
})
