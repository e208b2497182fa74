/** The kill switch: built in the service worker's place with BREAKGLASS_SW=off, it removes itself and what it kept. */
interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Scope {
  readonly registration: { unregister(): Promise<boolean> }
  skipWaiting(): Promise<void>
}

const scope = globalThis as unknown as Scope

addEventListener("install", () => void scope.skipWaiting())
addEventListener("activate", (event) => {
  const work = async () => {
    for (const name of await caches.keys()) await caches.delete(name)
    await scope.registration.unregister()
  }
  ;(event as Lasting).waitUntil(work())
})
