/**
 * The service worker: it keeps the shell of the page, so that it opens without a network, and nothing else. What is under
 * /api never passes through it, nor a request that is not a GET, nor an answer that is not ours.
 */
interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Asked extends Lasting {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}
interface Scope {
  readonly clients: { claim(): Promise<void> }
  readonly location: Location
  skipWaiting(): Promise<void>
}

/** Written in by the build: the files of this shell, and a name that changes with them. */
declare const SHELL: { readonly version: string; readonly files: ReadonlyArray<string> }

const scope = globalThis as unknown as Scope
const cacheName = `shell-${SHELL.version}`
const patienceMs = 2000
/** An answer that took longer than this came over a slow line; then no more than this is waited. */
const slowMs = 600
const hurriedMs = 250
const tookHeader = "x-breakglass-took"
/** Present in our own page: a sign-in page is never cached in its place. */
const mark = '<meta name="application-name" content="breakglass"'

addEventListener("install", (event) => {
  const work = async () => {
    const cache = await caches.open(cacheName)
    await Promise.all(SHELL.files.map(async (file) => cache.put(file, await genuine(file))))
    await keepPage(await timed(new Request("/", { cache: "no-store", redirect: "manual" })))
  }
  ;(event as Lasting).waitUntil(work())
})

addEventListener("activate", (event) => {
  const work = async () => {
    const names = await caches.keys()
    await Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name)))
    await scope.clients.claim()
  }
  ;(event as Lasting).waitUntil(work())
})

addEventListener("message", (event) => {
  if (event.data === "take over") void scope.skipWaiting()
})

addEventListener("fetch", (event) => {
  const asked = event as Asked
  const { request } = asked
  const url = new URL(request.url)
  if (request.method !== "GET" || url.origin !== scope.location.origin || url.pathname.startsWith("/api/")) return
  if (request.mode === "navigate" && url.pathname === "/") asked.respondWith(page(asked))
  else if (SHELL.files.includes(url.pathname)) asked.respondWith(asset(request))
})

/**
 * From the network when it answers within two seconds, or at once on a line that was slow the last time: a phone with one
 * bar opens what it has. A later answer is kept for the next time.
 */
const page = async (asked: Asked): Promise<Response> => {
  const fresh = timed(asked.request)
  asked.waitUntil(fresh.then(keepPage).catch(() => {}))
  const cache = await caches.open(cacheName)
  const kept = await cache.match("/")
  const patience = Number(kept?.headers.get(tookHeader) ?? 0) > slowMs ? hurriedMs : patienceMs
  const late = new Promise<undefined>((settle) => {
    // A query leads to a sign-in: the cached page must not answer it.
    if (!asked.request.url.includes("?")) setTimeout(settle, patience, undefined)
  })
  const first = await Promise.race([fresh.catch(() => undefined), late])
  // A redirect leads to a sign-in, and that may be what is down: our page says so, and leads there by a query.
  const away = first?.answer.type === "opaqueredirect" && !asked.request.url.includes("?")
  if (first !== undefined && first.answer.status < 500 && !(away && kept !== undefined)) return first.answer
  return kept ?? (await fresh).answer
}

interface Timed {
  readonly answer: Response
  readonly copy: Response
  readonly took: number
}

const timed = async (request: Request): Promise<Timed> => {
  const began = performance.now()
  const answer = await fetch(request)
  return { answer, copy: answer.clone(), took: Math.round(performance.now() - began) }
}

const asset = async (request: Request): Promise<Response> => (await caches.match(request)) ?? fetch(request)

const keepPage = async ({ copy, took }: Timed): Promise<void> => {
  if (copy.status !== 200 || copy.redirected) return
  const text = await copy.text()
  if (!text.includes(mark) || !named(text).every((file) => SHELL.files.includes(file))) return
  const headers = new Headers(copy.headers)
  for (const name of ["content-encoding", "content-length"]) headers.delete(name)
  headers.set(tookHeader, String(took))
  await (await caches.open(cacheName)).put("/", new Response(text, { headers }))
}

/** A newer shell's page names files that are not in this one's cache: without a network it would open blank. */
const named = (text: string): ReadonlyArray<string> => text.match(/\/assets\/[\w.-]+/g) ?? []

/** A sign-in page cached under a script's name would stay for ever. */
const genuine = async (file: string): Promise<Response> => {
  const answer = await fetch(file, { redirect: "error" })
  const html = (answer.headers.get("content-type") ?? "").startsWith("text/html")
  if (!answer.ok || html) throw new Error(`${file} was not what it should be`)
  return answer
}
