/** The frame: truth on top, the thumb's things at the bottom, what happened between. */
import "./App.css"
import { useEffect } from "preact/hooks"
import type { AppState } from "./AppModel.ts"
import { later } from "./later.ts"
import { Composer } from "../session/Composer.tsx"
import { DemoBanner } from "../components/DemoBanner.tsx"
import { LinkBanner } from "./LinkBanner.tsx"
import { PowerSheet } from "../power/PowerSheet.tsx"
import { SessionList } from "../session/SessionList.tsx"
import { SignIn } from "./SignIn.tsx"
import { Strip } from "./Strip.tsx"
import { Transcript } from "../transcript/Transcript.tsx"
import { Welcome } from "./Welcome.tsx"

export const App = ({ app }: { readonly app: AppState }) => {
  const session = app.session.value
  const gone = session?.link.value.state === "gone"
  const Notices = later.value?.Notices
  const target = app.info.value?.target
  useEffect(() => {
    document.title = target === undefined ? "breakglass" : `${target} · breakglass`
  }, [target])
  return (
    <div class={`app ${session === undefined ? "at-home" : "in-session"}`}>
      <header class="top">
        {app.info.value?.demo === true && <DemoBanner />}
        <Strip app={app} />
        <LinkBanner app={app} />
        {Notices !== undefined && <Notices app={app} />}
      </header>
      <SessionList app={app} />
      <main class="main">
        {session === undefined ? (
          <Welcome app={app} />
        ) : gone ? (
          <Gone />
        ) : (
          <Transcript key={app.route.value} app={app} session={session} />
        )}
        {app.signedOut.value ? <SignIn app={app} /> : gone ? null : <Composer app={app} />}
      </main>
      <PowerSheet app={app} />
    </div>
  )
}

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
