/** What this device remembers. Storage may be off or full: then it lasts as long as the page, and nothing breaks. */
const memory = new Map<string, string>()
const named = (key: string) => `breakglass:${key}`

export const recall = (key: string): string => {
  try {
    return memory.get(key) ?? localStorage.getItem(named(key)) ?? ""
  } catch {
    return ""
  }
}

export const remember = (key: string, value: string): void => {
  try {
    if (value === "") localStorage.removeItem(named(key))
    else localStorage.setItem(named(key), value)
    memory.delete(key)
  } catch {
    memory.set(key, value)
  }
}

/** Told of what another tab remembers under this key; answers with the way to stop listening. */
export const following = (key: string, tell: (value: string) => void): (() => void) => {
  const listen = (event: StorageEvent) => {
    if (event.key !== named(key)) return
    tell(event.newValue ?? "")
  }
  window.addEventListener("storage", listen)
  return () => window.removeEventListener("storage", listen)
}
