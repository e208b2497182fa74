/** In the composer's place while we are signed out; what was typed stays where it was. */
import { useSignal } from "@preact/signals"
import type { AppState } from "../AppModel.ts"

export const SignIn = ({ app }: { readonly app: AppState }) => {
  const token = useSignal("")
  const busy = useSignal(false)
  const problem = useSignal("")
  const submit = async () => {
    if (busy.value || token.value === "") return
    busy.value = true
    problem.value = await app.signIn(token.value)
    busy.value = false
    if (problem.value === "") token.value = ""
  }
  return (
    <form
      class="dock signin"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <h2>Sign in to go on</h2>
      <p role="alert">
        The server does not know you, or no longer. Your draft is kept, and a running agent keeps running.
      </p>
      <label for="token">Access token</label>
      <div class="row">
        <input
          id="token"
          type="password"
          autocomplete="current-password"
          value={token.value}
          onInput={(event) => {
            token.value = event.currentTarget.value
          }}
        />
        <button type="submit" class="button primary" aria-disabled={busy.value || token.value === ""}>
          {busy.value ? "Signing in…" : "Sign in"}
        </button>
      </div>
      {problem.value !== "" && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <p class="quiet">
        Behind single sign-on?{" "}
        <button type="button" class="link" onClick={() => (location.search = "signin")}>
          Reload the page
        </button>
      </p>
    </form>
  )
}
