/** What the whole page knows: who is asked (`info`), which session is open (the address), and whether we are signed in. */
import { computed, createModel, effect, signal, untracked } from "@preact/signals"
import type { Answer, Api, Info } from "./api.ts"
import type { Opened } from "./attach.ts"
import { PowerModel } from "./PowerModel.ts"
import { SessionModel, type Session } from "./SessionModel.ts"
import { SessionsModel } from "./SessionsModel.ts"
import { recall, remember } from "./storage.ts"

export const AppModel = createModel((api: Api) => {
  const info = signal<Info | undefined>(undefined)
  const signedOut = signal(false)
  const sheetOpen = signal(false)
  const now = signal(Date.now())
  const chosenModel = signal(recall("model"))
  const route = signal(routed())
  const session = signal<Session | undefined>(undefined)
  const draft = signal("")
  const starting = signal(false)
  const models = computed(() => info.value?.models ?? ["sonnet", "opus", "haiku"])
  const model = computed(() =>
    models.value.includes(chosenModel.value) ? chosenModel.value : (info.value?.default_model ?? "sonnet")
  )

  const heard = async <A>(asked: Promise<Answer<A>>): Promise<Answer<A>> => {
    const answer = await asked
    if (!answer.ok && answer.signedOut) signedOut.value = true
    return answer
  }
  const opened = async (opening: Promise<Opened>): Promise<Opened> => {
    const answer = await opening
    if (answer.kind === "signed_out") signedOut.value = true
    return answer
  }
  const keepaliveMs = () => (info.peek()?.keepalive_seconds ?? 20) * 1000

  const sessions = new SessionsModel({
    sessions: () => heard(api.sessions()),
    create: () => heard(api.create())
  })
  const power = new PowerModel({
    open: (after, abort) => opened(api.attachPower(after, abort)),
    keepaliveMs,
    operations: () => heard(api.operations()),
    operate: (op) => heard(api.operate(op))
  })

  const load = async (): Promise<void> => {
    const answer = await heard(api.info())
    if (answer.ok) info.value = answer.value
    else if (!answer.signedOut) setTimeout(() => void load(), 4000)
  }

  const signIn = async (token: string): Promise<string> => {
    const answer = await api.login(token)
    if (!answer.ok) return answer.status === 401 ? "This token was not accepted." : answer.detail
    signedOut.value = false
    void load()
    void sessions.refresh()
    power.check()
    session.value?.check()
    return ""
  }

  const write = (text: string): void => {
    draft.value = text
    remember(draftKey(route.peek()), text)
  }

  /** Sends the draft, in a new session when none is open. The draft stays until the server has it. */
  const send = async (): Promise<void> => {
    const text = draft.peek()
    if (text.trim() === "" || starting.peek()) return
    if (route.peek() === undefined) {
      starting.value = true
      const id = await sessions.create()
      starting.value = false
      if (id === undefined) return
      remember(draftKey(id), text)
      remember(draftKey(undefined), "")
      route.value = id
      location.hash = addressOf(id)
    }
    const id = route.peek()
    if (!(await session.peek()?.send(text, model.peek()))) return
    void sessions.refresh()
    if (route.peek() === id && draft.peek() === text) write("")
    else if (recall(draftKey(id)) === text) remember(draftKey(id), "")
  }

  const choose = (model: string) => {
    chosenModel.value = model
    remember("model", model)
  }

  effect(() => {
    const id = route.value
    const made = untracked(() =>
      id === undefined
        ? undefined
        : new SessionModel({
            open: (after, abort) => opened(api.attachSession(id, after, abort)),
            keepaliveMs,
            prompt: (prompt) => heard(api.prompt(id, prompt)),
            cancel: () => heard(api.cancel(id))
          })
    )
    session.value = made
    draft.value = recall(draftKey(id))
    return () => made?.[Symbol.dispose]()
  })
  effect(() => {
    const follow = () => {
      route.value = routed()
    }
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") now.value = Date.now()
    }, 1000)
    window.addEventListener("hashchange", follow)
    return () => {
      clearInterval(timer)
      window.removeEventListener("hashchange", follow)
    }
  })
  void load()
  void sessions.refresh()

  return {
    info,
    target: computed(() => info.value?.target ?? "the VM"),
    models,
    model,
    choose,
    draft,
    write,
    starting,
    send,
    signedOut,
    signIn,
    sheetOpen,
    now,
    route,
    session,
    sessions,
    power
  }
})

export type AppState = InstanceType<typeof AppModel>

export const addressOf = (id: string): string => `#/s/${encodeURIComponent(id)}`

const draftKey = (id: string | undefined): string => `draft:${id ?? "new"}`

const routed = (): string | undefined => /^#\/s\/([A-Za-z0-9-]+)/.exec(location.hash)?.[1]
