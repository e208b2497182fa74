/** Who the server takes this browser for, and the way to end that where it is ours to end. */
import { useSignal } from "@preact/signals"
import type { AppState } from "./AppModel.ts"
import { remember } from "../link/storage.ts"
import { visible } from "../text/revealHidden.ts"

export const Who = ({ app }: { readonly app: AppState }) => {
  const problem = useSignal("")
  const signOut = async () => {
    const answer = await app.signOut()
    if (answer.ok || answer.status === 401) await forget(app)
    else problem.value = `${answer.detail} You may still be signed in.`
  }
  const operator = app.info.value?.operator
  if (operator === undefined || operator === "demo" || app.signedOut.value) return null
  // What a proxy says of each request cannot be ended here. "login" is nobody's name.
  if (operator !== "login")
    return <p class="quiet who">Signed in as {visible(operator)}. To sign out, use the sign-on you came through.</p>
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

/** What this device kept to be read offline goes with the sign-in; drafts stay. A session that is open would keep it again. */
const forget = async (app: AppState) => {
  if (app.route.value !== undefined) {
    const closed = new Promise((settle) => window.addEventListener("hashchange", settle, { once: true }))
    location.hash = "#/"
    await closed
  }
  remember("kept", "")
  remember("sessions", "")
  remember("direct", "")
  location.reload()
}
