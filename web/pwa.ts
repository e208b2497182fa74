/** The service worker, from the page's side. Without one everything works, but needs the network to open. */
import { signal } from "@preact/signals"

/** A newer shell waits for a press. */
export const updateReady = signal(false)

let registration: ServiceWorkerRegistration | undefined

export const register = async (): Promise<void> => {
  if (!("serviceWorker" in navigator) || !isSecureContext) return
  try {
    registration = await navigator.serviceWorker.register(trusted("/sw.js"), { updateViaCache: "none" })
    const watch = () => {
      const coming = registration?.installing ?? registration?.waiting
      // The first one takes the page over before it says that it is installed, in WebKit.
      const newer = registration?.active !== null
      const look = () => {
        if (coming?.state === "installed" && newer) updateReady.value = true
      }
      coming?.addEventListener("statechange", look)
      look()
    }
    registration.addEventListener("updatefound", watch)
    watch()
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void registration?.update().catch(() => {})
    })
  } catch {
    // opens only with the network
  }
}

/** Lets the new shell in, and starts again with it. */
export const applyUpdate = async (): Promise<void> => {
  const waiting = registration?.waiting
  if (waiting === undefined || waiting === null) return location.reload()
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true })
  waiting.postMessage("take over")
}

interface Policy {
  createScriptURL(url: string): string
}
interface Factory {
  createPolicy(name: string, rules: { readonly createScriptURL: (url: string) => string }): Policy
}

/** The CSP asks for a policy where a script is named: this one knows one name. */
const trusted = (url: "/sw.js"): string => {
  const factory: unknown = Reflect.get(window, "trustedTypes")
  if (typeof factory !== "object" || factory === null) return url
  return (factory as Factory).createPolicy("breakglass", { createScriptURL: (given) => given }).createScriptURL(url)
}
