/** In the composer's place while we are signed out; what was typed stays where it was. */
import "./SignIn.css"
import { useSignal } from "@preact/signals"
import { signOn } from "../link/answer.ts"
import { later } from "../later.ts"

interface Props {
  /** Why the token was not accepted, or "". */
  readonly signIn: (token: string) => Promise<string>
}

export const SignIn = ({ signIn }: Props) => {
  const token = useSignal("")
  const busy = useSignal(false)
  const problem = useSignal("")
  const OtherWay = later.value?.OtherWay
  const submit = async () => {
    if (busy.value || token.value === "") return
    busy.value = true
    problem.value = await signIn(token.value)
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
      <h2>Sign in to continue</h2>
      <p role="alert">You are signed out (sign-ins last 12 hours). Your draft is safe; a running agent goes on.</p>
      {signOn.value && signOnButton("button primary")}
      {signOn.value && OtherWay !== undefined && <OtherWay />}
      <label for="token">Access token (API_BEARER_TOKEN of the server)</label>
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
      {!signOn.value && signOnButton("link")}
    </form>
  )
}

const signOnButton = (kind: string) => (
  <button type="button" class={kind} onClick={() => (location.search = "signin")}>
    Sign in with single sign-on
  </button>
)
