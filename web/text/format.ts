/** Times, lengths and money as people read them. */
export const clock = (iso: string | number): string =>
  new Date(iso).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })

/** A moment of an earlier day carries its date. */
export const moment = (iso: string, now: number): string => {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return ""
  const today = new Date(now).toDateString() === date.toDateString()
  return today ? clock(iso) : `${date.toLocaleDateString(undefined, { day: "numeric", month: "short" })} ${clock(iso)}`
}

export const age = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

export const took = (ms: number): string => {
  if (ms < 950) return `${Math.max(1, Math.round(ms))} ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`
  return stopwatch(ms)
}

/** `0:42`, `12:05`, `1:02:05`: a width that does not jump while it counts. */
export const stopwatch = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, "0")
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString("en").replaceAll(",", "\u202f")} ${n === 1 ? one : many}`
