/** What the page knows as long as it lives: who is asked (`info`), which session is open (the address), who is signed in. */
import { computed, createModel, effect, signal, untracked } from "@preact/signals"
import { skew, type Answer, type Api, type Info } from "../link/api.ts"
import { addressOf, placeOf } from "./address.ts"
import { current } from "../link/link.ts"
import { loadLater } from "./later.ts"
import { PowerModel } from "../power/PowerModel.ts"
import { SessionModel, type Session } from "../session/SessionModel.ts"
import { SessionsModel } from "../session/SessionsModel.ts"
import { recall, remember } from "../link/storage.ts"
import { promptBefore } from "../transcript/transcript.ts"

/** What this page understands; a server that says another number wants another page. */
const protocol = 1

export const AppModel = createModel((api: Api) => {
  const info = signal<Info | undefined>(undefined)
  const sheetOpen = signal(false)
  const now = signal(Date.now())
  const online = signal(navigator.onLine)
  const chosenModel = signal(recall("model"))
  const place = signal(placeOf(location.hash))
  const route = computed(() => place.value.session)
  const session = signal<Session | undefined>(undefined)
  const draft = signal("")
  const starting = signal(false)
  const models = computed(() => info.value?.models ?? ["sonnet", "opus", "haiku"])
  const model = computed(() =>
    models.value.includes(chosenModel.value) ? chosenModel.value : (info.value?.default_model ?? "sonnet")
  )

  /** Requests are answered as to somebody who is not signed in. */
  const refused = signal(false)
  /** A stream says so of itself: an answer to something else does not unsay it. */
  const signedOut = computed(
    () => refused.value || [power, session.value].some((each) => each?.link.value.state === "signed_out")
  )
  let turns = 0
  const turn = (out: boolean): void => {
    turns++
    refused.value = out
    if (out) return
    power.check()
    session.value?.check()
  }
  const heard = async <A>(asked: Promise<Answer<A>>): Promise<Answer<A>> => {
    const then = turns
    const answer = await asked
    // What was asked before the last turn says nothing of now.
    if (then === turns && (answer.ok || answer.signedOut) && answer.ok === refused.peek()) turn(!answer.ok)
    return answer
  }
  const keepaliveMs = () => (info.peek()?.keepalive_seconds ?? 20) * 1000

  const sessions = new SessionsModel({
    sessions: (before, archived) => heard(api.sessions(before, archived)),
    archive: (id, archived) => heard(api.archive(id, archived)),
    remove: (id) => heard(api.remove(id)),
    create: () => heard(api.create()),
    exported: (id) => heard(api.exported(id))
  })
  const power = new PowerModel({
    open: (ask) => api.attachPower(ask),
    keepaliveMs,
    operations: () => heard(api.operations()),
    operation: (id) => heard(api.operation(id)),
    operate: (op) => heard(api.operate({ ...op, confirm: info.peek()?.target }))
  })

  const reached = computed(() => current(power.link.value))

  const load = async (): Promise<void> => {
    const answer = await heard(api.info())
    if (answer.ok) {
      info.value = answer.value
      remember("direct", answer.value.direct_url ?? "")
    } else if (!answer.signedOut) setTimeout(() => void load(), 4000)
  }

  const signIn = async (token: string): Promise<string> => {
    const answer = await api.login(token)
    if (!answer.ok) return answer.status === 401 ? "This token was not accepted." : answer.detail
    turn(false)
    return ""
  }

  const write = (text: string): void => {
    draft.value = text
    remember(draftKey(route.peek()), text)
  }

  /** Hands the draft to the session's outbox; makes the session when none is open, and keeps the draft when it cannot. */
  const send = async (): Promise<void> => {
    const text = draft.peek()
    if (text.trim() === "" || starting.peek()) return
    const home = route.peek() === undefined
    if (home) {
      starting.value = true
      const id = await sessions.create(true)
      starting.value = false
      if (id === undefined) return
      // What was written while it was being made goes along with it.
      const now = recall(draftKey(undefined))
      remember(draftKey(id), now.startsWith(text) ? now.slice(text.length).trimStart() : now)
      remember(draftKey(undefined), "")
      place.value = { session: id, event: undefined }
      location.hash = addressOf(id)
    }
    session.peek()?.send(text, model.peek())
    if (!home) write("")
  }

  /** Puts the prompt that led to an event back into the box; what is in the box stays behind it. */
  const again = (event: number): void => {
    const prompt = promptBefore(session.peek()?.transcript.peek(), event)
    if (prompt !== undefined && draft.peek() !== prompt) write([prompt, draft.peek()].filter(Boolean).join("\n\n"))
    document.getElementById("message")?.focus()
  }

  effect(() => {
    const id = route.value
    const made = untracked(() =>
      id === undefined
        ? undefined
        : new SessionModel({
            id,
            signedOut,
            open: (ask) => api.attachSession(id, ask),
            keepaliveMs,
            prompt: (prompt) => heard(api.prompt(id, prompt)),
            cancel: () => heard(api.cancel(id)),
            full: (event) => heard(api.full(id, event))
          })
    )
    session.value = made
    draft.value = recall(draftKey(id))
    return () => made?.[Symbol.dispose]()
  })
  const tick = () => {
    if (document.visibilityState === "visible") now.value = Date.now()
  }
  setInterval(tick, 1000)
  document.addEventListener("visibilitychange", tick)
  window.addEventListener("hashchange", () => (place.value = placeOf(location.hash)))
  for (const change of ["online", "offline"]) {
    window.addEventListener(change, () => {
      online.value = navigator.onLine
    })
  }
  // The list says what is open and what works, and who may ask: it is asked again whenever one of them changes here.
  effect(() => {
    void [route.value, session.value?.running.value, signedOut.value]
    untracked(() => void sessions.refresh())
  })
  void load()
  // The server may be another one by now, and what did not come may come.
  effect(() => {
    if (!reached.value) return
    void load()
    void loadLater()
  })

  return {
    info,
    target: computed(() => info.value?.target ?? "the VM"),
    mismatch: computed(() => info.value?.protocol !== undefined && info.value.protocol !== protocol),
    models,
    model,
    choose: (name: string) => {
      chosenModel.value = name
      remember("model", name)
    },
    draft,
    write,
    starting,
    send,
    again,
    signedOut,
    signIn,
    signOut: () => api.logout(),
    sheetOpen,
    now,
    /** Now by the server's clock: what it gave a time to is compared with this. */
    serverNow: computed(() => now.value + skew.value),
    online,
    route,
    /** The event the address names, to be shown first. */
    linked: computed(() => place.value.event),
    session,
    sessions,
    power,
    screen: () => heard(api.screen()),
    doctor: () => heard(api.doctor())
  }
})

export type AppState = InstanceType<typeof AppModel>

const draftKey = (id: string | undefined): string => `draft:${id ?? "new"}`
