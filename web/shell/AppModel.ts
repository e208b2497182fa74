/** The models of the page, and what each is given of the others. */
import { computed, createModel, effect, signal, untracked, type ReadonlySignal } from "@preact/signals"
import { DraftModel } from "../composer/DraftModel.ts"
import { AddressModel } from "../link/address.ts"
import type { Api, Streams } from "../link/api.ts"
import { ClockModel, type Clock } from "../link/ClockModel.ts"
import { current } from "../link/link.ts"
import { ServerModel, type ServerState } from "../link/ServerModel.ts"
import { SignInModel, type SignInState } from "../link/SignInModel.ts"
import { loadLater } from "../later.ts"
import { ControlsModel } from "../power/ControlsModel.ts"
import { PowerModel, type PowerState } from "../power/PowerModel.ts"
import { type AgentKnowledge, agentState, interruptionWarning, type OpenSession } from "../session/agentState.ts"
import { SessionModel, type Session, type SessionTransport } from "../session/SessionModel.ts"
import { SessionsModel, type Sessions } from "../session/SessionsModel.ts"
import { linkState, unheardFor } from "./status.ts"

export const AppModel = createModel((api: Api, streams: Streams) => {
  const clock = new ClockModel()
  const { route, linked, open } = new AddressModel()
  const session = signal<Session | undefined>(undefined)
  const account = new SignInModel({
    ...api,
    links: () => [power.link.value, session.value?.link.value],
    onSignedIn: () => {
      power.check()
      session.value?.check()
    }
  })
  const asked = account.tracked(api)
  const server = new ServerModel(asked.info)
  const sessions = new SessionsModel(asked)
  const power = new PowerModel({
    ...asked,
    open: streams.power,
    keepaliveMs: server.keepaliveMs,
    operate: (op) => asked.operate({ ...op, confirm: server.info.peek()?.target })
  })
  const draft = new DraftModel({ info: server.info, route, session, create: () => sessions.create(true), open })

  const transportOf = (id: string): SessionTransport => ({
    id,
    signedOut: account.signedOut,
    open: (ask) => streams.session(id, ask),
    keepaliveMs: server.keepaliveMs,
    prompt: (prompt) => asked.prompt(id, prompt),
    cancel: () => asked.cancel(id),
    full: (event) => asked.full(id, event)
  })
  effect(() => {
    const id = route.value
    const made = id === undefined ? undefined : untracked(() => new SessionModel(transportOf(id)))
    session.value = made
    return () => made?.[Symbol.dispose]()
  })
  const models = { clock, account, server, route, session, sessions, power }
  keepUp(models)

  return {
    clock,
    account,
    server,
    route,
    linked,
    session,
    sessions,
    draft,
    power,
    ...statesOf(models),
    sheet: { open: signal(false), doctor: signal(false) },
    screen: asked.screen,
    doctor: asked.doctor
  }
})

export type AppState = InstanceType<typeof AppModel>

interface Models {
  readonly clock: Clock
  readonly account: SignInState
  readonly server: ServerState
  readonly route: ReadonlySignal<string | undefined>
  readonly session: ReadonlySignal<Session | undefined>
  readonly sessions: Sessions
  readonly power: PowerState
}

/** Asks again for what may have changed. */
const keepUp = ({ account, server, route, session, sessions, power }: Models): void => {
  // The list says what is open and what works, and who may ask.
  effect(() => {
    void [route.value, session.value?.running.value, account.signedOut.value]
    untracked(() => void sessions.refresh())
  })
  void server.load()
  const reached = computed(() => current(power.link.value))
  // The server may be another one by now, and what did not come may come.
  effect(() => {
    if (!reached.value) return
    void server.load()
    void loadLater()
  })
}

/** What the strip says of server, agent and VM, and what the VM's buttons are given. */
const statesOf = ({ clock, account, server, route, session, sessions, power }: Models) => {
  /** The open session's stream, or the VM's when none is open. */
  const shown = computed(() => session.value ?? power)
  const unheard = computed(() => unheardFor(shown.value.lastSeen.value, clock.now.value))
  const open = computed<OpenSession | undefined>(() => {
    if (route.value === undefined || session.value === undefined) return undefined
    const { link, transcript } = session.value
    return { id: route.value, current: current(link.value), turn: transcript.value.turn }
  })
  const behind = computed(() => {
    const row = sessions.rows.value?.find((each) => each.session_id === route.value)
    return (row?.last_event_id ?? -1) - (session.value?.transcript.value.last ?? -1)
  })
  const known = computed<AgentKnowledge>(() => ({
    open: open.value,
    rows: sessions.rows.value,
    fresh: sessions.fresh.value,
    serverNow: clock.serverNow.value,
    unheard: unheard.value
  }))
  return {
    shown,
    linkState: computed(() =>
      linkState({
        link: shown.value.link.value,
        signedOut: account.signedOut.value,
        online: clock.online.value,
        behind: behind.value,
        unheard: unheard.value
      })
    ),
    agentState: computed(() => agentState(known.value)),
    open,
    controls: new ControlsModel({
      power,
      target: server.target,
      identified: computed(() => server.info.value !== undefined),
      signedOut: account.signedOut,
      online: clock.online,
      now: clock.now,
      serverNow: clock.serverNow,
      interruption: computed(() => interruptionWarning(known.value))
    })
  }
}
