/** Who the server takes this browser for, and the way to end that where it is ours to end. */
import { useSignal } from "@preact/signals"
import type { Answer } from "../link/answer.ts"
import { remember } from "../link/storage.ts"
import { revealHidden } from "../text/revealHidden.ts"

interface Props {
  readonly operator: string | undefined
  readonly inSession: boolean
  readonly signOut: () => Promise<Answer<unknown>>
}

export const Who = ({ operator, inSession, signOut: end }: Props) => {
  const problem = useSignal("")
  const signOut = async () => {
    const answer = await end()
    if (answer.ok || answer.status === 401) await forget(inSession)
    else problem.value = `${answer.detail} You may still be signed in.`
  }
  if (operator === undefined || operator === "demo") return null
  // A sign-in that a proxy asserts on each request cannot be ended here. "login" is the server's name for a token sign-in.
  if (operator !== "login")
    return (
      <p class="quiet who">Signed in as {revealHidden(operator)}. To sign out, use the sign-on you came through.</p>
    )
  return (
    <p class="quiet who">
      Signed in with the access token.{" "}
      <button type="button" class="link" onClick={() => void signOut()}>
        Sign out
      </button>
      {problem.value !== "" && (
        <span class="problem" role="alert">
          {problem.value}
        </span>
      )}
    </p>
  )
}

/** The offline copy goes with the sign-in; drafts stay. An open session would save it again, so it is closed first. */
const forget = async (inSession: boolean) => {
  if (inSession) {
    const closed = new Promise((settle) => window.addEventListener("hashchange", settle, { once: true }))
    location.hash = "#/"
    await closed
  }
  remember("kept", "")
  remember("sessions", "")
  remember("direct", "")
  location.reload()
}
