/** What this device remembers. Storage may be off or full: then it lasts as long as the page, and nothing breaks. */
const memory = new Map<string, string>()

export const recall = (key: string): string => {
  const kept = memory.get(key)
  if (kept !== undefined) return kept
  try {
    return localStorage.getItem(`breakglass:${key}`) ?? ""
  } catch {
    return ""
  }
}

export const remember = (key: string, value: string): void => {
  memory.set(key, value)
  try {
    if (value === "") localStorage.removeItem(`breakglass:${key}`)
    else localStorage.setItem(`breakglass:${key}`, value)
  } catch {
    // kept in memory
  }
}
