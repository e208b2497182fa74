/** Who the server takes us for, by what its answers and its streams say. */
import { computed, createModel, signal } from "@preact/signals"
import type { Answer } from "./answer.ts"
import type { Link } from "./link.ts"

export interface SignInTransport {
  readonly login: (token: string) => Promise<Answer<unknown>>
  readonly logout: () => Promise<Answer<unknown>>
  /** Of the streams that are attached. */
  readonly links: () => ReadonlyArray<Link | undefined>
  readonly onSignedIn: () => void
}

type Requests = Readonly<Record<string, (...given: ReadonlyArray<never>) => Promise<Answer<unknown>>>>

export const SignInModel = createModel((transport: SignInTransport) => {
  /** The last answer said: not signed in. */
  const refused = signal(false)
  let authEpoch = 0
  const setSignedOut = (out: boolean): void => {
    authEpoch++
    refused.value = out
    if (!out) transport.onSignedIn()
  }
  const track = async <A>(asked: Promise<Answer<A>>): Promise<Answer<A>> => {
    const epoch = authEpoch
    const answer = await asked
    // An answer to a request from before the last change says nothing about now.
    const tells = epoch === authEpoch && (answer.ok || answer.signedOut)
    if (tells && answer.ok === refused.peek()) setSignedOut(!answer.ok)
    return answer
  }
  return {
    /** A stream that is signed out stays so, whatever another request is answered. */
    signedOut: computed(() => refused.value || transport.links().some((link) => link?.state === "signed_out")),
    /** The same requests; each answer updates `signedOut`. */
    tracked: <A extends Requests>(requests: A): A =>
      Object.fromEntries(
        Object.entries(requests).map(([name, ask]) => [name, (...given: ReadonlyArray<never>) => track(ask(...given))])
      ) as A,
    /** Why it was not accepted, or "". */
    signIn: async (token: string): Promise<string> => {
      const answer = await transport.login(token)
      if (!answer.ok) return answer.status === 401 ? "This token was not accepted." : answer.detail
      setSignedOut(false)
      return ""
    },
    signOut: transport.logout
  }
})

export type SignInState = InstanceType<typeof SignInModel>
