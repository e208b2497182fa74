/** Random numbers that a run can be repeated with. */

/**
 * A generator of numbers in [0, 1) with its seed printed: SEED=n repeats a run. The gate draws the same numbers each time, as a
 * rare defect of old is not to refuse a change that has nothing to do with it; the soak draws others each time.
 */
export const seeded = (name: string, lane = 0) => {
  const seed = Number(process.env["SEED"] ?? (process.env["MODE"] === "soak" ? Date.now() % 1_000_000_007 : 4711))
  if (lane === 0) console.info(`${name}: SEED=${seed}`)
  let state = (seed + lane) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
