/** The time by both clocks, while the page is visible, and whether the browser reports a network. */
import { computed, createModel, signal } from "@preact/signals"
import { skew } from "./api.ts"

export const ClockModel = createModel(() => {
  const now = signal(Date.now())
  const online = signal(navigator.onLine)
  const tick = () => {
    if (document.visibilityState === "visible") now.value = Date.now()
  }
  setInterval(tick, 1000)
  document.addEventListener("visibilitychange", tick)
  for (const change of ["online", "offline"]) {
    window.addEventListener(change, () => {
      online.value = navigator.onLine
    })
  }
  return {
    /** ms since the epoch, as is `serverNow`. */
    now,
    /** Now by the server's clock: what it gave a time to is compared with this. */
    serverNow: computed(() => now.value + skew.value),
    online
  }
})

export type Clock = InstanceType<typeof ClockModel>
