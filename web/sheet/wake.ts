/** Keeps the screen on while a verb runs. A browser that cannot, or does not want to, is no reason for anything. */
export const stayAwake = (): (() => void) => {
  let lock: WakeLockSentinel | undefined
  let over = false
  const ask = async () => {
    if (over || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return
    lock = await navigator.wakeLock.request("screen").catch(() => undefined)
    if (over) void lock?.release()
  }
  const again = () => void ask()
  document.addEventListener("visibilitychange", again)
  void ask()
  return () => {
    over = true
    document.removeEventListener("visibilitychange", again)
    void lock?.release()
  }
}
