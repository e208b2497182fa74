/** What the server says of itself: which VM it rescues, its models, its version. */
import { computed, createModel, signal } from "@preact/signals"
import type { Answer, Info } from "./api.ts"
import { remember } from "./storage.ts"

/** What this page understands; a server that says another number wants another page. */
const protocol = 1
const retryMs = 4000

export const ServerModel = createModel((ask: () => Promise<Answer<Info>>) => {
  const info = signal<Info | undefined>(undefined)
  const load = async (): Promise<void> => {
    const answer = await ask()
    if (answer.ok) {
      info.value = answer.value
      remember("direct", answer.value.direct_url ?? "")
    } else if (!answer.signedOut) setTimeout(() => void load(), retryMs)
  }
  return {
    info,
    load,
    target: computed(() => info.value?.target ?? "the VM"),
    demo: computed(() => info.value?.demo === true),
    mismatch: computed(() => info.value?.protocol !== undefined && info.value.protocol !== protocol),
    keepaliveMs: () => (info.peek()?.keepalive_seconds ?? 20) * 1000
  }
})

export type ServerState = InstanceType<typeof ServerModel>
