/** The frame: truth on top, the thumb's things at the bottom, what happened between. */
import "./App.css"
import { useEffect } from "preact/hooks"
import { DemoBanner } from "../components/DemoBanner.tsx"
import { Composer } from "../composer/Composer.tsx"
import { later } from "../later.ts"
import { SessionList } from "../session/SessionList.tsx"
import { PowerSheet } from "../sheet/PowerSheet.tsx"
import { Transcript } from "../transcript/Transcript.tsx"
import type { AppState } from "./AppModel.ts"
import { SignIn } from "./SignIn.tsx"
import { Strip } from "./Strip.tsx"
import { Welcome } from "./Welcome.tsx"

export const App = ({ app }: { readonly app: AppState }) => {
  const { account, clock, controls, power, server, sheet } = app
  const session = app.session.value
  const gone = session?.link.value.state === "gone"
  const target = server.info.value?.target
  useEffect(() => {
    document.title = target === undefined ? "breakglass" : `${target} · breakglass`
  }, [target])
  return (
    <div class={`app ${session === undefined ? "at-home" : "in-session"}`}>
      <Top app={app} />
      <Sessions app={app} />
      <main class="main">
        {session === undefined ? (
          <Home app={app} />
        ) : gone ? (
          <Gone />
        ) : (
          <Transcript
            key={app.route.value}
            id={app.route.value ?? ""}
            session={session}
            linked={app.linked.value}
            runs={power.power.value.operations}
            clock={clock}
            again={app.draft.again}
            openSheet={() => (sheet.open.value = true)}
          />
        )}
        {account.signedOut.value ? (
          <SignIn signIn={account.signIn} />
        ) : gone ? null : (
          <Composer
            draft={app.draft}
            session={session}
            target={server.target}
            serverNow={clock.serverNow}
            unsent={app.sessions.unsent}
          />
        )}
      </main>
      <PowerSheet
        sheet={sheet}
        power={power}
        controls={controls}
        demo={server.demo}
        now={clock.now}
        screen={app.screen}
        doctor={app.doctor}
      />
    </div>
  )
}

interface Props {
  readonly app: AppState
}

const Top = ({ app: { account, clock, controls, server, sheet, ...app } }: Props) => {
  const { LinkBanner, Notices } = later.value ?? {}
  return (
    <header class="top">
      {server.demo.value && <DemoBanner />}
      <Strip
        server={app.linkState}
        agent={app.agentState}
        vm={controls.vm}
        openSheet={() => (sheet.open.value = true)}
      />
      {!account.signedOut.value && LinkBanner !== undefined && <LinkBanner shown={app.shown} clock={clock} />}
      {Notices !== undefined && (
        <Notices
          mismatch={server.mismatch.value}
          working={app.session.value?.running.value === true || app.power.current.value !== undefined}
        />
      )}
    </header>
  )
}

const Sessions = ({ app: { account, clock, open, route, server, sessions } }: Props) => {
  const Who = later.value?.Who
  return (
    <SessionList sessions={sessions} open={open} serverNow={clock.serverNow} signedOut={account.signedOut}>
      {Who !== undefined && !account.signedOut.value && (
        <Who operator={server.info.value?.operator} inSession={route.value !== undefined} signOut={account.signOut} />
      )}
    </SessionList>
  )
}

const Home = ({ app: { clock, controls, power, server, sessions, sheet } }: Props) => (
  <Welcome
    target={server.target.value}
    chatOff={server.info.value?.chat_off}
    sessions={sessions}
    last={power.power.value.operations.find(({ verb }) => verb !== "status")}
    serverNow={clock.serverNow}
    vm={controls.vm}
    sheet={sheet}
  />
)

const Gone = () => (
  <section class="scroll welcome">
    <h1>Session not found</h1>
    <p>It was removed, or the link is incomplete.</p>
    <p>
      <a class="button" href="#/">
        Show all sessions
      </a>
    </p>
  </section>
)
